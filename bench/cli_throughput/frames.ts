/** Blocks of bytes over a pipe, each behind its length in four bytes. */

/** Writes all bytes. */
export async function writeAll(file: { write(bytes: Uint8Array): Promise<number> }, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await file.write(rest));
}

/** Writes a block. */
export async function writeFrame(writer: WritableStreamDefaultWriter<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  writer.write(length);
  await writer.write(bytes);
}

/** Reads a block; `undefined` at the end. */
export async function readFrame(reader: ReadableStreamBYOBReader): Promise<Uint8Array | undefined> {
  const head = await readBytes(reader, 4);
  return head === undefined ? undefined : await readBytes(reader, new DataView(head.buffer).getUint32(0));
}

async function readBytes(reader: ReadableStreamBYOBReader, size: number): Promise<Uint8Array | undefined> {
  let buffer = new ArrayBuffer(size);
  for (let end = 0; end < size;) {
    const { value, done } = await reader.read(new Uint8Array(buffer, end));
    if (done) return undefined;
    buffer = value.buffer as ArrayBuffer;
    end += value.length;
  }
  return new Uint8Array(buffer);
}
