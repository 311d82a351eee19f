/** Streams of bytes that come in pieces, as pipes give them. */
import { ByteWindow, type ReadBytes } from "../../../cli/input/byte_window.ts";

/** Reads bytes in pieces of these sizes, over and over. */
function piecesOf(bytes: Uint8Array, sizes: readonly number[]): ReadBytes {
  let at = 0;
  let turn = 0;
  return (buffer) => {
    if (at === bytes.length) return Promise.resolve(null);
    const size = Math.min(sizes[turn++ % sizes.length]!, buffer.length, bytes.length - at);
    buffer.set(bytes.subarray(at, at + size));
    at += size;
    return Promise.resolve(size);
  };
}

/** The window of a stream that gives its bytes in pieces of these sizes, over and over. */
export function windowOf(bytes: Uint8Array, sizes: readonly number[]): ByteWindow {
  return new ByteWindow(piecesOf(bytes, sizes));
}
