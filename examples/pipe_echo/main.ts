// deno-lint-ignore-file no-console
/**
 * A conversation through a pipe of two ends, then a pipe of one direction that is read until its end.
 *
 *     deno run --allow-run=deno examples/pipe_echo/main.ts
 *
 * The processes may only compute. An end that was passed on belongs to the process that got it, and closes with it.
 */
import { Pipe, Process } from "@corral/multiprocessing";
import { echo, sendSquares } from "./ends.ts";

const module = import.meta.resolve("./ends.ts");

async function converse(): Promise<void> {
  const [ours, theirs] = Pipe<string>();
  const process = new Process({ module, target: echo, args: [theirs] });
  process.start();
  for (const word of ["hello", "from", "deno"]) {
    await ours.send(word);
    console.log(`main: ${word} came back as ${await ours.recv()}`);
  }
  ours.close();
  await process.join();
}

async function readToTheEnd(): Promise<void> {
  const [reader, writer] = Pipe<number>({ duplex: false });
  const process = new Process({ module, target: sendSquares, args: [writer, 4] });
  process.start();
  for await (const square of reader) console.log(`main: received ${square}`);
  await reader.recv().catch((error) => console.log(`main: ${error}`));
  await process.join();
}

await converse();
await readToTheEnd();
