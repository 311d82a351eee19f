/**
 * Takes the process's standard streams for the protocol before user code can load.
 *
 * The methods are replaced on the stream objects themselves, because Node's `process.stdout` writes
 * through the same objects. What user code prints becomes output messages.
 */
import { formatLog } from "./format.ts";
import { formatTable } from "./table.ts";

/** The raw streams, for the protocol alone. */
export interface ProtocolStreams {
  /** Reads into `buffer`; `null` at the end of the stream. */
  read(buffer: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Does so with the event loop stopped. */
  readSync(buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null;
  /** Returns when all bytes have been handed to the operating system. */
  write(bytes: Uint8Array): void;
}

/** Receives what user code prints: whole console lines as text, anything else as bytes. */
export type PrintHandler = (stream: 1 | 2, output: string | Uint8Array) => void;

/** Takes stdin and stdout, and sends what user code prints to `print`. */
export function takeStdio(print: PrintHandler): ProtocolStreams {
  const readStdin = Deno.stdin.read.bind(Deno.stdin);
  const readStdinSync = Deno.stdin.readSync.bind(Deno.stdin);
  const writeStdout = Deno.stdout.writeSync.bind(Deno.stdout);
  closeStdin();
  redirectWrites(Deno.stdout, (bytes) => print(1, bytes));
  redirectWrites(Deno.stderr, (bytes) => print(2, bytes));
  redirectConsole(print);
  return {
    async read(buffer) {
      const count = await readStdin(buffer);
      return count === null ? null : buffer.subarray(0, count);
    },
    readSync(buffer) {
      const count = readStdinSync(buffer);
      return count === null ? null : buffer.subarray(0, count);
    },
    write(bytes) {
      // A write may be short: stdout goes through a line writer.
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(writeStdout(rest));
    },
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

function redirectConsole(print: PrintHandler): void {
  let indent = "";
  const counts = new Map<string, number>();
  const timers = new Map<string, number>();
  const line = (stream: 1 | 2, args: readonly unknown[]): void => {
    const text = formatLog(args);
    print(stream, (indent === "" ? text : indent + text.replaceAll("\n", "\n" + indent)) + "\n");
  };
  const out = (...args: unknown[]): void => line(1, args);
  const err = (...args: unknown[]): void => line(2, args);
  const elapsed = (label: string): string =>
    `${label}: ${Math.round(performance.now() - (timers.get(label) ?? NaN))}ms`;
  const group = (...args: unknown[]): void => {
    if (args.length > 0) out(...args);
    indent += "  ";
  };
  Object.assign(console, {
    log: out,
    info: out,
    debug: out,
    dirxml: out,
    warn: err,
    error: err,
    dir: (value?: unknown, options?: Deno.InspectOptions) => out(Deno.inspect(value, options)),
    trace: (...args: unknown[]) => err(`Trace: ${formatLog(args)}\n${callerStack()}`),
    assert: (condition?: unknown, ...args: unknown[]) => {
      if (!condition) err(args.length > 0 ? `Assertion failed: ${formatLog(args)}` : "Assertion failed");
    },
    group,
    groupCollapsed: group,
    groupEnd: () => {
      indent = indent.slice(2);
    },
    count: (label = "default") => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      out(`${label}: ${counts.get(label)}`);
    },
    countReset: (label = "default") => void counts.delete(label),
    time: (label = "default") => void timers.set(label, performance.now()),
    timeLog: (label = "default", ...args: unknown[]) => out(elapsed(label), ...args),
    timeEnd: (label = "default") => {
      out(elapsed(label));
      timers.delete(label);
    },
    table: (data: unknown, columns?: string[]) => {
      const table = formatTable(data, columns);
      out(...(table === undefined ? [data] : [table]));
    },
    clear: () => {},
  });
}

function callerStack(): string {
  return (new Error().stack ?? "").split("\n").slice(3).join("\n");
}
