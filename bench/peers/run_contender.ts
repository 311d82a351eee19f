/** Runs rows of one contender, in a process of its own. */

import { TextLineStream } from "@std/streams";
import type { Contender } from "./contenders.ts";
import { type Measured, TAKES_TOO_LONG } from "./results.ts";
import type { Parameters, Row } from "./rows.ts";

const LIMIT_MS = 120_000;
const FOLDER = new URL(".", import.meta.url);

/** What the contender measures in a process of its own, or an outcome that says why there is nothing. */
export async function runContender(contender: Contender, row: Row, parameters: Parameters): Promise<Measured> {
  const { processor } = row;
  if (processor !== undefined && !await canRun("taskset")) return { samples: [], outcome: "no taskset here" };
  const binding = processor === undefined ? [] : ["taskset", "-c", `${processor}`];
  const [measured] = await runCommand([...binding, ...contender.command], [[row, parameters]]);
  return measured!;
}

/** The same for several rows, one after the other in one process: to see that they work. None follows on one that fails. */
export async function runTogether(contender: Contender, work: readonly Work[]): Promise<Measured[]> {
  return await runCommand(contender.command, work);
}

type Work = readonly [row: Row, parameters: Parameters];

async function runCommand([executable, ...args]: readonly string[], work: readonly Work[]): Promise<Measured[]> {
  const asked = work.map(([{ id, measures = id }, parameters]) => [measures, parameters]);
  const process = new Deno.Command(executable!, {
    args: [...args, JSON.stringify(asked)],
    cwd: FOLDER,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const timer = setTimeout(() => process.kill("SIGKILL"), LIMIT_MS);
  try {
    // Not until the end of the stream: a worker that was left behind would hold it open.
    const measured = await firstLines(process.stdout, work.length);
    const { signal, code } = await process.status;
    if (measured.length === work.length) return measured;
    return [...measured, {
      samples: [],
      outcome: signal === "SIGKILL" ? TAKES_TOO_LONG : `fails with ${signal ?? code}`,
    }];
  } finally {
    clearTimeout(timer);
  }
}

async function firstLines(stream: ReadableStream<Uint8Array>, count: number): Promise<Measured[]> {
  const lines = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  const found: Measured[] = [];
  for await (const line of lines) {
    if (line.startsWith('{"samples"')) found.push(JSON.parse(line));
    if (found.length === count) break;
  }
  return found;
}

/** Whether a program can be run here. */
export async function canRun(executable: string): Promise<boolean> {
  try {
    return (await new Deno.Command(executable, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
