// Before user code can replace them.
const { Atomics, Int32Array, SharedArrayBuffer } = globalThis;
const { WouldBlock } = Deno.errors;

const FULL_PIPE_WAIT_MS = 1;

/**
 * Writes all bytes to a pipe, and returns when the operating system has them.
 *
 * @param write Writes to the pipe, perhaps not all; returns how many bytes it took.
 */
export function writeAll(write: (bytes: Uint8Array) => number, bytes: Uint8Array): void {
  // A write may be short: stdout goes through a line writer.
  for (let rest = bytes; rest.length > 0;) {
    try {
      const written = write(rest);
      if (written === rest.length) return;
      rest = rest.subarray(written);
    } catch (error) {
      if (!(error instanceof WouldBlock)) throw error;
      // User code made the pipe non-blocking (a Node socket does so), and it is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_WAIT_MS);
    }
  }
}
