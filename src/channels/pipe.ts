import { refuseSurplus, shown } from "../shown.ts";
import { hub } from "../hub/hub.ts";
import { Connection, CONNECTION_TYPES } from "./connection.ts";
import { PipeEnd } from "./pipe_end.ts";

/** What a pipe is like. */
export interface PipeOptions {
  /** Whether both ends send and receive; if not, the first only receives, and the second only sends. @default true */
  duplex?: boolean;
}

/**
 * Makes a pipe: two ends, and what is sent at one arrives at the other. The pipe lives in this process.
 *
 * Python's `multiprocessing.Pipe`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Pipe).
 *
 * @typeParam T The messages.
 * @param options Whether both ends send.
 * @returns The two ends.
 * @throws {TypeError} If the options are not options of a pipe.
 *
 * @example Question and answer
 * ```ts
 * import { type Connection, Pipe, Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1 });
 * const [ours, theirs] = Pipe<number>();
 * const task = pool.apply(async (connection: Connection<number>) => {
 *   for await (const n of connection) await connection.send(n * n);
 * }, [theirs]);
 * await ours.send(7);
 * console.log(await ours.recv()); // 49
 * ours.close();
 * await task;
 * ```
 */
// deno-lint-ignore no-explicit-any -- without a type argument, the ends fit wherever they go
export function Pipe<T = any>(options: PipeOptions = {}): [Connection<T>, Connection<T>] {
  refuseSurplus("Pipe(options)", arguments, 1);
  const duplex = isDuplex(options);
  const [a, b] = PipeEnd.pair();
  const [reader, writer] = duplex
    ? [CONNECTION_TYPES.duplex, CONNECTION_TYPES.duplex]
    : [CONNECTION_TYPES.reader, CONNECTION_TYPES.writer];
  return [new Connection<T>(hub.own(reader, a)), new Connection<T>(hub.own(writer, b))];
}

function isDuplex(options: PipeOptions): boolean {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`Cannot make a pipe: the options are ${shown(options)}, wanted { duplex: false } or nothing`);
  }
  for (const name of Object.keys(options)) {
    if (name !== "duplex") {
      throw new TypeError(`Cannot make a pipe: "${name}" is not an option of a pipe, wanted "duplex"`);
    }
  }
  const { duplex = true } = options;
  if (typeof duplex === "boolean") return duplex;
  throw new TypeError(`Cannot make a pipe: "duplex" is ${shown(duplex)}, true or false is wanted`);
}
