/**
 * Takes the process's standard streams for the protocol before user code can load.
 *
 * The methods are replaced on the stream objects themselves, because Node's `process.stdout` writes
 * through the same objects. What user code prints becomes output messages.
 */
import { BlockWriter, type OtherWriters } from "./block_writer.ts";
import { type PrintHandler, takeConsole } from "./console.ts";
import { ParentInput } from "./parent_input.ts";

const { BadResource } = Deno.errors;

/** The raw streams, for the protocol alone. */
export interface ProtocolStreams {
  /** Whether `readSync()` may be called. */
  readonly canBlock: boolean;
  /** Reads, perhaps into `buffer`; `null` at the end of the stream. */
  read(buffer: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Reads into `buffer` with the event loop stopped. */
  readSync(buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null;
  /** Says whether the process lives on for what may still come. Returns whether that can be had. */
  setReferenced(referenced: boolean): boolean;
  /** Leaves stdin to user code, which finds its end there. `tellParent` has the parent go on with `descriptor`. */
  leaveStdin(descriptor: number, tellParent: () => void): void;
  /** Returns when all bytes have been handed to the operating system. */
  write(bytes: Uint8Array): void;
  /** Says by what the parent knows the bytes that are written. Nothing can be written before. */
  mark(secret: string): void;
  /** From now on others may write as well. */
  share(others: OtherWriters): void;
}

/**
 * Takes stdin and stdout, and sends what user code prints to `print`.
 *
 * @param lost Called when user code has closed stdout by its number, and a message cannot be written. Does not return.
 */
export function takeStdio(print: PrintHandler, lost: () => never): ProtocolStreams {
  const input = new ParentInput();
  const writer = new BlockWriter(stdoutWriter(lost));
  closeStdin();
  for (const stream of [Deno.stdin, Deno.stdout, Deno.stderr]) keepOpen(stream);
  redirectWrites(Deno.stdout, (bytes) => print(1, bytes));
  redirectWrites(Deno.stderr, (bytes) => print(2, bytes));
  takeConsole(print);
  return {
    get canBlock() {
      return input.canBlock;
    },
    read: (buffer) => input.read(buffer),
    readSync: (buffer) => input.readSync(buffer),
    setReferenced: (referenced) => input.setReferenced(referenced),
    leaveStdin: (descriptor, tellParent) => input.leaveStdin(descriptor, tellParent),
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
    print(bytes);
    return bytes.byteLength;
  };
  Object.defineProperties(stream, {
    writeSync: { value: writeSync },
    write: { value: (bytes: Uint8Array) => Promise.resolve(writeSync(bytes)) },
    writable: { get: () => new WritableStream<Uint8Array>({ write: (bytes) => print(bytes) }) },
  });
}
