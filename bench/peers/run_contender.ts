/** Runs one row of one contender, in a process of its own. */

import { TextLineStream } from "@std/streams";
import type { Contender } from "./contenders.ts";
import { type Measured, TAKES_TOO_LONG } from "./results.ts";
import type { Parameters, Row } from "./rows.ts";

const LIMIT_MS = 120_000;
const FOLDER = new URL(".", import.meta.url);

/** The line that the contender prints, or an outcome that says why there is none. */
export async function runContender(contender: Contender, row: Row, parameters: Parameters): Promise<Measured> {
  const { processor, measures = row.id } = row;
  if (processor !== undefined && !await canRun("taskset")) return { samples: [], outcome: "no taskset here" };
  const binding = processor === undefined ? [] : ["taskset", "-c", `${processor}`];
  const [executable, ...args] = [...binding, ...contender.command];
  const process = new Deno.Command(executable!, {
    args: [...args, measures, JSON.stringify(parameters)],
    cwd: FOLDER,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const timer = setTimeout(() => process.kill("SIGKILL"), LIMIT_MS);
  try {
    // Not until the end of the stream: a worker that was left behind would hold it open.
    const line = await firstLine(process.stdout);
    const { signal, code } = await process.status;
    if (line !== undefined) return JSON.parse(line);
    return { samples: [], outcome: signal === "SIGKILL" ? TAKES_TOO_LONG : `fails with ${signal ?? code}` };
  } finally {
    clearTimeout(timer);
  }
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const lines = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) {
    if (line.startsWith('{"samples"')) return line;
  }
  return undefined;
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
