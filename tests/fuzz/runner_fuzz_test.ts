/**
 * Unit: fuzzing of what `corral map` and the runner in its workers say to each other, from both sides. Whatever a runner sends, the command takes
 * it or refuses it with a typed error, and no record is counted twice or never; whatever a block holds, the runner ends all its records, and the
 * command takes each of its pieces.
 *
 * `CORRAL_TEST_FUZZ_RUNS` and `CORRAL_TEST_FUZZ_SEED` make longer runs. What was found goes into `runner_corpus.json`.
 */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { JsonRecordReader } from "../../cli/input/json_records.ts";
import { LineRecordReader } from "../../cli/input/line_records.ts";
import { TableRecordReader } from "../../cli/input/table_records.ts";
import { InputError } from "../../cli/errors/cli_error.ts";
import type { EventStream } from "../../cli/observers/event_stream.ts";
import type { CliMapOptions } from "../../cli/options/cli_map_options.ts";
import type { Committer } from "../../cli/output/committer.ts";
import { type Batch, checkedPiece, MalformedPieceError, readDetails } from "../../cli/records/batch.ts";
import { type ReadItem, RecordBlock, type RecordReader } from "../../cli/records/record_block.ts";
import type { BlockPool } from "../../cli/run/block_pool.ts";
import { MapRun } from "../../cli/run/map_run.ts";
import { BlockRun } from "../../cli/runner/block_run.ts";
import type { RowShape } from "../../cli/runner/tables/result_row.ts";
import { cellStyle } from "../../cli/runner/tables/table_cells.ts";
import type { TableSettings } from "../../cli/runner/tables/table_row.ts";
import { type BlockOrder, EXITING, type Piece, type RunnerSettings } from "../../cli/runner/protocol.ts";
import { windowOf } from "../helpers/simulated/byte_pieces.ts";
import { Chance, mutatedBytes, mutatedMessage } from "../helpers/simulated/message_fuzzer.ts";
import corpus from "./runner_corpus.json" with { type: "json" };

const RUNS = Number(Deno.env.get("CORRAL_TEST_FUZZ_RUNS") ?? 4000);
const SEED = Number(Deno.env.get("CORRAL_TEST_FUZZ_SEED") ?? 20_261_129);
const RECORDS = 12;
const encoder = new TextEncoder();

/** A piece that is nearly right, for a block of which `done` records are finished. */
function nearlyPiece(chance: Chance, done: number, count: number): unknown {
  const fill = (text: string): string =>
    text.replaceAll("$DONE", `${done}`).replaceAll("$NEXT", `${Math.min(count, done + 1)}`)
      .replaceAll("$COUNT", `${count}`);
  const piece = JSON.parse(fill(mutatedMessage(corpus.pieces, chance)).replaceAll(/"#(\d+)"/g, "$1"));
  if (!Array.isArray(piece)) return piece;
  const details = chance.below(3) === 0
    ? ""
    : fill(mutatedMessage(corpus.details, chance)).replaceAll(/"#(\d+)"/g, "$1");
  const bytes = encoder.encode(details);
  if (piece[5] === "output") piece[5] = encoder.encode("x\n".repeat(chance.below(3)));
  if (piece[6] === "details") piece[6] = chance.below(9) === 0 ? mutatedBytes(bytes, chance) : bytes;
  return piece;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** What those who watch a run rely on. */
function requireSound(piece: Piece, done: number): void {
  const { outcomes, retries } = readDetails(piece[6], done, piece[1]);
  for (const { offset, attempt, results, bytes, error, outcome } of outcomes) {
    assert([offset, attempt, results, bytes].every(isCount), "a count is none");
    assertEquals(error === undefined, outcome === "ok" || outcome === "dropped");
    if (error !== undefined) assertEquals([typeof error.name, typeof error.message], ["string", "string"]);
  }
  for (const { offset, attempt } of retries) assert(isCount(offset) && isCount(attempt), "a retry has no number");
}

Deno.test("the command takes a piece that is nearly right, or refuses it with a typed error", () => {
  const chance = new Chance(SEED);
  let taken = 0;
  for (let run = 0; run < RUNS; run++) {
    const done = chance.below(RECORDS);
    const piece = nearlyPiece(chance, done, RECORDS);
    try {
      const checked = checkedPiece(piece, done, RECORDS);
      requireSound(checked, done);
      taken++;
    } catch (error) {
      assertInstanceOf(error, MalformedPieceError, Deno.inspect(piece));
    }
  }
  assert(
    taken > RUNS / 20 && taken < RUNS,
    `${taken} of ${RUNS} were taken: the corpus is not near enough, or too near`,
  );
});

const OPTIONS = {
  chunk: 5,
  batch: null,
  jobs: 3,
  retries: 1,
  retryOn: new Set(["error", "timeout", "crash"]),
  throttle: { perSecond: undefined, load: undefined, freeBytes: undefined },
  halt: undefined,
  timeout: undefined,
  total: undefined,
  unordered: false,
} as unknown as CliMapOptions;

/** A run of twelve records over a pool whose workers say what `answer` makes of the first and the last record that they got. */
function runOver(answer: BlockPool["run"]): { run: MapRun; batches: Batch[] } {
  let read = 0;
  const source = { input: "-", payload: () => new Uint8Array(), record: () => new Uint8Array(), line: () => 1 };
  const batches: Batch[] = [];
  const run = new MapRun({
    options: OPTIONS,
    inputs: {
      records: 0,
      bytes: 0,
      release: () => {},
      read: ({ records }): Promise<ReadItem | undefined> => {
        const from = read;
        read = Math.min(RECORDS, from + records);
        const block = new RecordBlock(source, { from, to: read, firstSequence: from + 1 });
        return Promise.resolve(from === read ? undefined : { block });
      },
    },
    pool: { capacity: 3, run: answer, pidOf: () => 1, terminate: () => {} } as unknown as BlockPool,
    events: { emit: () => {} } as unknown as EventStream,
    committer: () =>
      ({ add: (batch: Batch) => batches.push(batch), idle: () => {}, waitingBytes: 0 }) as unknown as Committer,
    format: { needsOutcomes: true, rows: null },
  });
  return { run, batches };
}

Deno.test("a run whose workers send pieces that are nearly right ends, and counts no record twice", async () => {
  const chance = new Chance(SEED);
  let whole = 0;
  for (let round = 0; round < RUNS / 20; round++) {
    const { run, batches } = runOver(async ({ order, signal, onPiece }) => {
      await Promise.resolve();
      const count = Math.min(5, RECORDS - order.firstIndex);
      for (let sent = chance.below(3); sent > 0; sent--) onPiece(nearlyPiece(chance, chance.below(count), count));
      signal.throwIfAborted();
      if (chance.below(12) === 0) throw new Error("the pool says no");
      const isRight = chance.below(3) > 0;
      const last = isRight ? [0, count, 1, 1, 0, new Uint8Array(), new Uint8Array()] : nearlyPiece(chance, 0, count);
      return last as Piece;
    });
    const ended = await run.run().then(() => "finished", (error: unknown) => error);
    let counted = 0;
    for (const { block, done } of batches) {
      // Of a run that was ended, what lies behind a gap is written as well.
      if (ended === "finished") assert(block.firstSequence <= counted + 1, "a record is out of order");
      counted += done;
    }
    if (ended !== "finished") {
      assertInstanceOf(ended, Error);
      assert(counted <= RECORDS, "a record was counted twice");
      continue;
    }
    whole++;
    assertEquals(counted, RECORDS);
  }
  assert(whole > 0, "no run was whole");
});

Deno.test("a run whose worker ends a block without any of its records ends, and does not ask for ever", async () => {
  let asked = 0;
  const { run } = runOver(() => {
    if (++asked > 100) return Promise.reject(new Error("asked for ever"));
    return Promise.resolve([0, 0, 1, 1, 0, new Uint8Array(), new Uint8Array()] as Piece);
  });
  await assertRejects(() => run.run(), MalformedPieceError, "it ended a block without any of its records");
});

const WAYS: ((record: unknown) => unknown)[] = [
  (record) => record,
  () => undefined,
  () => {
    throw new Error("\x1b[31mno");
  },
  (record) => Promise.resolve(record),
  () => Promise.reject("text"),
  function* (record) {
    yield record;
    yield [record];
  },
  () => 10n,
  () => ({
    toJSON() {
      throw new Error("not JSON");
    },
  }),
  () => Object.assign(new Error("thrown"), { name: 7, message: { x: 1 }, stack: null }),
];

function settingsOf(chance: Chance, input: RunnerSettings["input"], table?: TableSettings): RunnerSettings {
  return {
    input,
    delimiter: "\n",
    ...(table === undefined ? {} : { table }),
    output: chance.pick(["ndjson", "json", "lines", "nul", "raw"]),
    cells: cellStyle(chance.pick(["csv", "tsv"]), chance.below(2) === 0),
    tagged: chance.below(2) === 0,
    batch: chance.pick([null, null, 2, 3]),
    retries: chance.below(3),
    retryErrors: chance.below(2) === 0,
    retryTimeouts: chance.below(2) === 0,
    isPaced: chance.below(4) === 0,
    isUntrusted: chance.below(2) === 0,
    graceMs: 1000,
  };
}

/** All that the command would send of a text: its blocks, with the number of records that it counts in each. */
async function blocksOf(reader: RecordReader, records: number): Promise<RecordBlock[]> {
  const blocks: RecordBlock[] = [];
  for (let sequence = 1;;) {
    const item = await reader.read({ records, bytes: 200, batch: 1 }, sequence);
    if (item === undefined) return blocks;
    if ("block" in item) blocks.push(item.block);
    sequence += "block" in item ? item.block.count : 1;
  }
}

/** What results may be written as. */
const SHAPES: readonly (RowShape | null)[] = [
  null,
  null,
  { columns: null, isFixed: false },
  { columns: ["a", "b", "__proto__"], isFixed: false },
  { columns: ["a"], isFixed: true },
];

/** Runs a block as a worker does, as often as it comes back, and checks what is sent. Returns how many records ended. */
async function worked(block: RecordBlock, settings: RunnerSettings, chance: Chance): Promise<number> {
  let [done, attempt] = [0, 1];
  for (let turn = 0; done < block.count; turn++) {
    assert(turn < 50, "a block comes back for ever");
    const rest = block.part(done, block.count);
    const order: BlockOrder = {
      firstIndex: rest.firstSequence - 1,
      attempt,
      precise: chance.below(2) === 0,
      timeoutMs: chance.pick([null, 60_000]),
      detailed: chance.below(2) === 0,
      budgetMs: chance.pick([0, 1000]),
      columns: block.source.columns ?? null,
      rows: chance.pick(SHAPES),
    };
    let said = 0;
    let retriedAt = -1;
    const receive = (piece: Piece): void => {
      requireSound(checkedPiece(piece, said, rest.count), said);
      const { retries } = readDetails(piece[6], said, piece[1]);
      said = piece[1];
      const last = retries.at(-1);
      if (last !== undefined) [retriedAt, attempt] = [last.offset, last.attempt + 1];
    };
    const call = (record: unknown): unknown => {
      if (chance.below(9) === 0) run.tellExit();
      return chance.pick(WAYS)(record);
    };
    const run: BlockRun = new BlockRun(call, settings, rest.payload, order, {
      workerId: 3,
      // What is said when a process exits is said by nobody who goes on.
      send: (piece) =>
        (piece[2] & EXITING) === 0 ? receive(piece) : requireSound(checkedPiece(piece, said, rest.count), said),
    });
    await run.run();
    receive(run.takeLast());
    if (retriedAt !== said) attempt = 1;
    done += said;
  }
  return done;
}

Deno.test("a runner ends all records of a block that is nearly right, and the command takes all that it says", async () => {
  const chance = new Chance(SEED);
  for (let round = 0; round < RUNS / 8; round++) {
    const bytes = mutatedBytes(encoder.encode(chance.pick(corpus.inputs)), chance);
    const isJson = chance.below(2) === 0;
    const window = windowOf(bytes, [1 + chance.below(60)]);
    const limits = { maxRecordBytes: 5000, skippedLines: 0, input: "-" };
    const reader = isJson
      ? new JsonRecordReader(window, limits)
      : new LineRecordReader(window, { ...limits, delimiter: 10, skipBlank: false });
    const settings = settingsOf(chance, isJson ? "json" : "text");
    for (const block of await blocksOf(reader, 1 + chance.below(9))) {
      assertEquals(await worked(block, settings, chance), block.count);
    }
  }
});

/** A table that is nearly right, and how it is read. */
function nearlyTable(chance: Chance): { reader: RecordReader; table: TableSettings } {
  const bytes = mutatedBytes(encoder.encode(chance.pick(corpus.tables)), chance);
  const dialect = {
    delimiter: chance.pick([",", "\t", ";"]),
    quote: chance.pick(['"', '"', null]),
    comments: chance.pick([null, "#"]),
  };
  const table = { dialect, infers: chance.below(2) === 0, hasHeader: chance.below(3) > 0 };
  const reader = new TableRecordReader(windowOf(bytes, [1 + chance.below(60)]), {
    ...table,
    input: "-",
    columns: null,
    skippedLines: chance.below(2),
    maxRecordBytes: 300,
    warn: () => {},
  });
  return { reader, table };
}

Deno.test("a runner ends all rows of a table that is nearly right, however they are read and written", async () => {
  const chance = new Chance(SEED);
  let refused = 0;
  for (let round = 0; round < RUNS / 8; round++) {
    const { reader, table } = nearlyTable(chance);
    const settings = settingsOf(chance, "table", table);
    try {
      for (const block of await blocksOf(reader, 1 + chance.below(9))) {
        assertEquals(await worked(block, settings, chance), block.count);
      }
    } catch (error) {
      // A header that cannot be read ends the run, before any record.
      assertInstanceOf(error, InputError, Deno.inspect(error));
      refused++;
    }
    assertEquals(({} as { polluted?: unknown }).polluted, undefined);
  }
  assert(refused < RUNS / 16, `${refused} tables were refused: the corpus is not near enough`);
});
