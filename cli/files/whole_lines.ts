/** Reads files of lines that a run may have been writing when it was killed. */

const NEWLINE = 10;
const READ_BYTES = 256 * 1024;

/** The lines of a file from where it is read. What follows the last line break was being written when a run ended, and is left out. */
export async function* wholeLines(file: Deno.FsFile): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  const buffer = new Uint8Array(READ_BYTES);
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    const bytes = new Uint8Array(rest.length + count);
    bytes.set(rest);
    bytes.set(buffer.subarray(0, count), rest.length);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      yield bytes.subarray(start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
}
