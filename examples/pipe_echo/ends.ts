// deno-lint-ignore-file no-console
/** What the processes do with the end of a pipe that they get. */
import type { Connection } from "@corral/multiprocessing";

/** Answers each message in capitals, until the other end is closed. */
export async function echo(connection: Connection<string>): Promise<void> {
  for await (const message of connection) await connection.send(message.toUpperCase());
  console.log("echo: the other end is closed");
}

/** Sends the squares of 1 to `n`. Its end is closed when the process ends. */
export async function sendSquares(connection: Connection<number>, n: number): Promise<void> {
  console.log(`squares: I can read: ${connection.readable}, write: ${connection.writable}`);
  for (let x = 1; x <= n; x++) await connection.send(x * x);
}
