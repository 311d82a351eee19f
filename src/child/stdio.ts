/**
 * Takes the process's standard streams for the protocol before user code can load.
 *
 * The methods are replaced on the stream objects themselves, because Node's `process.stdout` writes
 * through the same objects. What user code prints becomes output messages.
 */
import { BlockWriter } from "./block_writer.ts";
import { type PrintHandler, takeConsole } from "./console.ts";

/** The raw streams, for the protocol alone. */
export interface ProtocolStreams {
  /** Reads into `buffer`; `null` at the end of the stream. */
  read(buffer: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Does so with the event loop stopped. */
  readSync(buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null;
  /** Returns when all bytes have been handed to the operating system. */
  write(bytes: Uint8Array): void;
  /** Says by what the parent knows the bytes that are written. Nothing can be written before. */
  mark(secret: string): void;
}

/** Takes stdin and stdout, and sends what user code prints to `print`. */
export function takeStdio(print: PrintHandler): ProtocolStreams {
  const readStdin = Deno.stdin.read.bind(Deno.stdin);
  const readStdinSync = Deno.stdin.readSync.bind(Deno.stdin);
  const writer = new BlockWriter(Deno.stdout.writeSync.bind(Deno.stdout));
  closeStdin();
  redirectWrites(Deno.stdout, (bytes) => print(1, bytes));
  redirectWrites(Deno.stderr, (bytes) => print(2, bytes));
  takeConsole(print);
  return {
    async read(buffer) {
      const count = await readStdin(buffer);
      return count === null ? null : buffer.subarray(0, count);
    },
    readSync(buffer) {
      const count = readStdinSync(buffer);
      return count === null ? null : buffer.subarray(0, count);
    },
    write: (bytes) => writer.write(bytes),
    mark: (secret) => writer.mark(secret),
  };
}

function closeStdin(): void {
  Object.defineProperties(Deno.stdin, {
    read: { value: () => Promise.resolve(null) },
    readSync: { value: () => null },
    readable: { get: () => new Blob().stream() },
  });
}

function redirectWrites(stream: typeof Deno.stdout, print: (bytes: Uint8Array) => void): void {
  const writeSync = (bytes: Uint8Array): number => {
    print(bytes);
    return bytes.byteLength;
  };
  Object.defineProperties(stream, {
    writeSync: { value: writeSync },
    write: { value: (bytes: Uint8Array) => Promise.resolve(writeSync(bytes)) },
    writable: { get: () => new WritableStream<Uint8Array>({ write: (bytes) => print(bytes) }) },
  });
}
