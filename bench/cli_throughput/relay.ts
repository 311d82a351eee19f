/**
 * The least that a program over processes can do: it cuts stdin behind a line end about every 256 KiB, hands these blocks out in turn, and writes
 * what comes back in order. It looks at nothing else: no record is counted, timed, retried or logged. So it shows what a number of
 * processes can gain at most. The argument is that number; each runs `relay_child.ts`.
 */
import { readFrame, writeAll, writeFrame } from "./frames.ts";

const BLOCK_BYTES = 256 * 1024;
const NEWLINE = 10;
/** Blocks that a process has at once, so that it never waits for the next one. */
const AHEAD = 3;

const count = Number(Deno.args[0]);
const child = new URL("relay_child.ts", import.meta.url).pathname;
const children = Array.from({ length: count }, () => {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", child],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.getReader({ mode: "byob" });
  return { writer: process.stdin.getWriter(), reader, last: Promise.resolve<Uint8Array>(new Uint8Array()) };
});

/** What comes back, in the order of the blocks. */
const answers: Promise<Uint8Array>[] = [];

async function writeFirst(): Promise<void> {
  await writeAll(Deno.stdout, await answers.shift()!);
}

let turn = 0;
async function handOut(block: Uint8Array): Promise<void> {
  const process = children[turn++ % count]!;
  // Nobody waits for the pipe: a process that does not read has not answered either, and `AHEAD` bounds what it is owed.
  writeFrame(process.writer, block);
  process.last = process.last.then(async () => (await readFrame(process.reader))!);
  answers.push(process.last);
  while (answers.length >= count * AHEAD) await writeFirst();
}

let buffer = new Uint8Array(BLOCK_BYTES);
let end = 0;
for (let read = await Deno.stdin.read(buffer); read !== null; read = await Deno.stdin.read(buffer.subarray(end))) {
  end += read;
  if (end < buffer.length) continue;
  const cut = buffer.lastIndexOf(NEWLINE) + 1;
  const next = new Uint8Array(BLOCK_BYTES);
  next.set(buffer.subarray(cut));
  await handOut(buffer.subarray(0, cut));
  end -= cut;
  buffer = next;
}
if (end > 0) await handOut(buffer.subarray(0, end));
while (answers.length > 0) await writeFirst();
await Promise.all(children.map(({ writer }) => writer.close()));
