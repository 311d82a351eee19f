// Unit and end-to-end: what records lie in is read into again when they are not needed any more, and nothing is mixed up.
import { assert, assertEquals } from "@std/assert";
import { Inputs } from "../../../cli/input/inputs.ts";
import type { ReadItem } from "../../../cli/records/record_block.ts";
import { inFolder } from "../../helpers/programs/corral.ts";
import { corralInTurn } from "../../helpers/programs/in_turn.ts";

const RECORDS = 60_000;
const FILLER = "x".repeat(200);
const LIMITS = { records: 2000, bytes: 1024 * 1024, batch: 1 };

const idOf = (line: string) => Number(/\d+/.exec(line)![0]);

async function writeRecords(folder: string, format: "ndjson" | "csv"): Promise<string> {
  const lines = Array.from({ length: RECORDS }, (_, at) => {
    const id = at + 1;
    return format === "csv" ? `${id},"${FILLER},${id}"` : JSON.stringify({ id, text: `${FILLER},${id}` });
  });
  if (format === "csv") lines.unshift("id,text");
  await Deno.writeTextFile(`${folder}/in.${format}`, lines.join("\n") + "\n");
  return `${folder}/in.${format}`;
}

function inputsOf(path: string): Inputs {
  const options = {
    input: "ndjson",
    columns: null,
    skippedLines: 0,
    maxRecordBytes: 1024 * 1024,
    files: [path],
  } as const;
  return new Inputs({ ...options, table: undefined, encoding: undefined }, () => {});
}

/** Reads to the end; `received` is told of each item. */
async function readAll(path: string, received: (item: ReadItem, inputs: Inputs) => void): Promise<void> {
  using inputs = inputsOf(path);
  for (let item; (item = await inputs.read(LIMITS)) !== undefined;) received(item, inputs);
}

Deno.test("Inputs reads again into what only released records lay in, and never into what others do", async () => {
  await inFolder(async (folder) => {
    const path = await writeRecords(folder, "ndjson");
    const memories = { released: new Set<unknown>(), kept: new Set<unknown>() };
    const held: { text: string; bytes: Uint8Array }[] = [];
    const note = (kind: "released" | "kept", item: ReadItem) => {
      assert("block" in item);
      memories[kind].add(item.block.payload.buffer);
      return item.block;
    };
    await readAll(path, (item, inputs) => {
      const { firstSequence } = note("released", item);
      inputs.release(firstSequence);
    });
    await readAll(path, (item, inputs) => {
      const { firstSequence, payload: bytes } = note("kept", item);
      held.push({ text: new TextDecoder().decode(bytes), bytes });
      // The last four blocks are needed still.
      inputs.release(firstSequence - 4 * LIMITS.records);
      for (const { text, bytes } of held.slice(-5)) assertEquals(new TextDecoder().decode(bytes) === text, true);
    });
    const { released, kept } = memories;
    assert(released.size <= 3 && kept.size > released.size && kept.size < 5, `${released.size} and ${kept.size}`);
  });
});

type Run = [format: "ndjson" | "csv", ...flags: string[]];
const RUNS: Run[] = [["ndjson"], ["ndjson", "--unordered", "--chunk", "700"], ["csv"]];

Deno.test("corral map mixes up no record of a long input, in order or not, of lines or of a table", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/job.ts`, JOB);
    for (const format of ["ndjson", "csv"] as const) await writeRecords(folder, format);
    const outcomes = await corralInTurn(
      RUNS.map(([format, ...flags], at) => [
        ...["map", "-q", "job.ts", `in.${format}`, "-j", "2", "-o", `out${at}.ndjson`, "--rejects", `bad${at}`],
        ...["--retries", "1", ...flags],
      ]),
      { cwd: folder },
    );
    assertEquals(outcomes.map(({ code }) => code), RUNS.map(() => 101));
    for (const [at, [, ...flags]] of RUNS.entries()) {
      const isOrdered = !flags.includes("--unordered");
      await checkFiles({ out: `${folder}/out${at}.ndjson`, bad: `${folder}/bad${at}`, isOrdered });
    }
  });
});

/** Every record is in one of the files once, as it was in the input. */
async function checkFiles(files: { out: string; bad: string; isOrdered: boolean }): Promise<void> {
  const results = (await Deno.readTextFile(files.out)).trimEnd().split("\n");
  const ids = results.map(idOf);
  const wanted = Array.from({ length: RECORDS }, (_, at) => at + 1).filter((id) => id % 400 !== 7);
  assertEquals(files.isOrdered ? ids : ids.toSorted((a, b) => a - b), wanted);
  for (const line of results) {
    assertEquals(line, JSON.stringify({ id: idOf(line), text: `${FILLER},${idOf(line)}` }));
  }
  const rejects = (await Deno.readTextFile(files.bad)).trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(rejects.length, RECORDS - wanted.length);
  for (const { sequence, record } of rejects) {
    assertEquals([idOf(record), record.includes(`${FILLER},${sequence}`)], [sequence, true]);
  }
}

/** Fails at times, takes its worker along once in a while, and is slow once in a while. */
const JOB = `
export default async ({ id, text }: { id: number | string; text: string }, { attempt }: { attempt: number }) => {
  if (Number(id) % 25_001 === 0 && attempt === 1) Deno.exit(3);
  if (Number(id) % 400 === 7) throw new Error("no");
  if (Number(id) % 5000 === 11) await new Promise((resolve) => setTimeout(resolve, 150));
  return { id: Number(id), text };
};
`;
