/** The files of a gzipped tar archive. */

/** One file. */
export interface TarFile {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const BLOCK = 512;
const decoder = new TextDecoder();

/** Unpacks archives. */
export const TarStream = {
  /** The files of an archive, in order. */
  async *unpack(gzipped: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<TarFile> {
    const all = await new Response(gzipped.pipeThrough(new DecompressionStream("gzip"))).bytes();
    let longName: string | undefined;
    for (let at = 0; at + BLOCK <= all.length && all[at] !== 0;) {
      const header = all.subarray(at, at + BLOCK);
      const text = (from: number, size: number) =>
        decoder.decode(header.subarray(from, from + size)).replace(/\0.*$/s, "");
      const size = Number.parseInt(text(124, 12).trim(), 8);
      const bytes = all.slice(at + BLOCK, at + BLOCK + size);
      const type = text(156, 1);
      at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
      if (type === "L") longName = decoder.decode(bytes).replace(/\0.*$/s, "");
      else if (type === "0" || type === "") {
        const prefix = text(345, 155);
        yield { path: longName ?? (prefix === "" ? text(0, 100) : `${prefix}/${text(0, 100)}`), bytes };
        longName = undefined;
      }
    }
  },
};
