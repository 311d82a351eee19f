/**
 * Takes the process's standard streams for the protocol before user code can load.
 *
 * The methods are replaced on the stream objects themselves, because Node's `process.stdout` writes
 * through the same objects. What user code prints becomes output messages.
 */
import { BlockWriter, type OtherWriters } from "./block_writer.ts";
import { type PrintHandler, takeConsole } from "./console.ts";
import { type InputFile, type ParentInput, parentInput } from "./parent_input.ts";

const { BadResource } = Deno.errors;
/** Says of an array of bytes that it is one, wherever it was made; `undefined` of anything that is not a typed array. */
const tagOfTypedArray = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!
  .get!;

/** The raw streams, for the protocol alone. */
export interface ProtocolStreams extends ParentInput {
  /** Returns when all bytes have been handed to the operating system. */
  write(bytes: Uint8Array): void;
  /** Says by what the parent knows the bytes that are written. Nothing can be written before. */
  mark(secret: string): void;
  /** From now on others may write as well. */
  share(others: OtherWriters): void;
}

/**
 * Takes what comes from the parent, and stdout, and sends what user code prints to `print`.
 *
 * @param lost Called when user code has closed stdout by its number, and a message cannot be written. Does not return.
 */
export function takeStdio(file: InputFile, print: PrintHandler, lost: () => never): ProtocolStreams {
  const input = parentInput(file);
  const writer = new BlockWriter(stdoutWriter(lost));
  if (file === Deno.stdin) closeStdin();
  for (const stream of [Deno.stdin, Deno.stdout, Deno.stderr]) keepOpen(stream);
  redirectWrites(Deno.stdout, (bytes) => print(1, bytes));
  redirectWrites(Deno.stderr, (bytes) => print(2, bytes));
  takeConsole(print);
  return {
    ...input,
    write: (bytes) => writer.write(bytes),
    mark: (secret) => writer.mark(secret),
    share: (others) => writer.share(others),
  };
}

function stdoutWriter(lost: () => never): (bytes: Uint8Array) => number {
  const writeSync = Deno.stdout.writeSync.bind(Deno.stdout);
  return (bytes) => {
    try {
      return writeSync(bytes);
    } catch (error) {
      if (error instanceof BadResource) lost();
      throw error;
    }
  };
}

/** A task that closes its stream has finished with it; the worker and its next task have not. */
function keepOpen(stream: { close(): void }): void {
  Object.defineProperty(stream, "close", { value: () => {} });
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
    requireBytes(bytes);
    print(bytes);
    return bytes.byteLength;
  };
  Object.defineProperties(stream, {
    writeSync: { value: writeSync },
    write: { value: (bytes: Uint8Array) => new Promise((resolve) => resolve(writeSync(bytes))) },
    writable: { get: () => new WritableStream<Uint8Array>({ write: (bytes) => void writeSync(bytes) }) },
  });
}

/** Deno refuses all else in these words: of a list of larger numbers, or a `DataView`, others than its bytes would travel. */
function requireBytes(value: unknown): void {
  if (tagOfTypedArray.call(value) !== "Uint8Array") throw new TypeError("expected typed ArrayBufferView");
}
