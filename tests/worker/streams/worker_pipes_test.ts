/** Unit tests of what carries messages to and from a worker, with real pipes: as Deno shows them, and as streams. */
import { assertEquals } from "@std/assert";
import { WorkerInput } from "../../../src/worker/streams/worker_input.ts";
import { WorkerOutput } from "../../../src/worker/streams/worker_output.ts";

const ECHO = `
  const buffer = new Uint8Array(64 * 1024);
  for (let count; (count = Deno.stdin.readSync(buffer)) !== null;) {
    for (let at = 0; at < count;) at += Deno.stdout.writeSync(buffer.subarray(at, count));
  }`;

function startEcho(): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", `data:text/javascript,${encodeURIComponent(ECHO)}`],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
}

/** The child of a Deno that does not show the resources behind its pipes. */
function withoutResources(child: Deno.ChildProcess): Deno.ChildProcess {
  const { stdin, stdout } = child;
  const others = Object.getOwnPropertySymbols(child).filter(({ description }) => !description?.startsWith("[[std"));
  const shown = child as unknown as Record<symbol, unknown>;
  return { stdin, stdout, ...Object.fromEntries(others.map((symbol) => [symbol, shown[symbol]])) } as Deno.ChildProcess;
}

const VIEWS = { "the pipes themselves": (child: Deno.ChildProcess) => child, "streams": withoutResources };

for (const [how, view] of Object.entries(VIEWS)) {
  Deno.test(`WorkerInput and WorkerOutput pass on all bytes in order, through ${how}`, async () => {
    const child = startEcho();
    const [input, output] = [new WorkerInput(view(child)), new WorkerOutput(view(child))];
    // More than a pipe holds: each is written in pieces.
    const program = new Uint8Array(600_000).fill(1);
    const message = new Uint8Array(300_000).fill(2);
    input.begin(program);
    const written = input.write(message);
    const received: number[] = [];
    let buffer = new Uint8Array(64 * 1024);
    for (let left = 900_000; left > 0;) {
      const bytes = (await output.read(buffer))!;
      left -= bytes.length;
      for (const byte of bytes) if (byte !== received.at(-1)) received.push(byte);
      buffer = new Uint8Array(bytes.buffer);
    }
    await written;
    assertEquals(received, [1, 2]);
    input.close();
    assertEquals(await output.read(buffer), null);
    output.close();
    await child.status;
  });

  Deno.test(`WorkerOutput.close() ends a read that waits, through ${how}`, async () => {
    const child = startEcho();
    const [input, output] = [new WorkerInput(view(child)), new WorkerOutput(view(child))];
    const reading = output.read(new Uint8Array(16));
    output.close();
    assertEquals(await reading, null);
    input.close();
    await child.status;
  });
}
