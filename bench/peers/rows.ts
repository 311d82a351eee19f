/** What is measured: the rows, their sizes, and who takes part. */

/** See the shared `rows.mjs` and `cpython.py` for what each means in a row. */
export interface Parameters {
  readonly count?: number;
  readonly size?: number;
  readonly repeats?: number;
  readonly warmMs?: number;
  readonly limitMs?: number;
}

/** One line of work, as all who take part do it. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly unit: "ms" | "µs" | "MiB" | "×" | "calls";
  /** Whether a higher value is the better one. */
  readonly moreIsBetter?: boolean;
  readonly contenders: readonly string[];
  /** The row of the contenders' programs that it is, if its own id is not. */
  readonly measures?: string;
  /** The one processor that all processes of a contender may use; left out where there is no `taskset`. */
  readonly processor?: number;
  readonly full: Parameters;
  /** Sizes of the quick mode, which also leaves out who is there for reference. */
  readonly quick: Parameters;
  /** Sizes that show only that the row works. */
  readonly tiny: Parameters;
  /** At most so many rounds, for rows that take long. */
  readonly maxRounds?: number;
  /** What it tells a user. */
  readonly meaning: string;
}

const PROCESS_POOLS = ["tinypool", "workerpool", "jest-worker"];
const CPYTHON = ["cpython-pool", "cpython-executor"];
const THREADS = ["piscina", "poolifier"];
const POOLS = ["corral", ...PROCESS_POOLS, ...CPYTHON, ...THREADS];

/** For how long the work is done before it is measured. */
const warmMs = 1000;
const BURST = { count: 20_000, repeats: 3, warmMs };
const QUICK_BURST = { count: 20_000, repeats: 1 };
const TINY_BURST = { count: 20, repeats: 1 };

/** In the order of the tables. */
export const rows: readonly Row[] = [
  {
    id: "burst",
    title: "20 000 no-op tasks submitted at once",
    unit: "ms",
    contenders: [...POOLS, "bare-deno", "bare-each"],
    full: BURST,
    quick: QUICK_BURST,
    tiny: TINY_BURST,
    meaning:
      "What a task costs when there are many: below this cost, splitting work further does not pay. “No pool” is as many lines of JSON through the pipes of two Deno processes, all in one write; with a write for each answer, as corral has it, a caller knows which call had begun when a process dies.",
  },
  {
    id: "burst-first",
    title: "The first 20 000 no-op tasks of a program",
    unit: "ms",
    contenders: [...POOLS, "bare-deno", "bare-each"],
    full: { count: 20_000 },
    quick: { count: 20_000 },
    tiny: { count: 20 },
    maxRounds: 3,
    meaning: "The same for a program that has just started its workers, when engines have compiled nothing yet.",
  },
  {
    id: "burst-spin",
    title: "20 000 no-op tasks around one that computes for 1 s, until all others are done",
    unit: "ms",
    contenders: ["corral", ...PROCESS_POOLS, "cpython-pool", "bare-each"],
    full: { ...BURST, size: 1000 },
    quick: { ...QUICK_BURST, size: 1000 },
    tiny: { ...TINY_BURST, size: 20 },
    maxRounds: 3,
    meaning:
      "Whether short tasks get stuck behind a long one. The long task also takes one processor of two from the others. “No pool” sends nothing behind the long task, as if somebody had known.",
  },
  {
    id: "burst-hold",
    title: "20 000 no-op tasks around one that waits for 1 s, until all others are done",
    unit: "ms",
    contenders: ["corral", "jest-worker", "cpython-pool", "bare-each"],
    full: { ...BURST, size: 1000 },
    quick: { ...QUICK_BURST, size: 1000 },
    tiny: { ...TINY_BURST, size: 20 },
    maxRounds: 3,
    meaning: "The same when the long task leaves the processor free, so that only the waiting in line is measured.",
  },
  {
    id: "latency",
    title: "One awaited call after another, median",
    unit: "µs",
    contenders: [...POOLS, "bare", "bare-deno"],
    full: { count: 3000 },
    quick: { count: 1500 },
    tiny: { count: 5 },
    meaning:
      "What a single call costs beyond the work it does. “No pool” is an echo of as many bytes through the same pipes: by `cat`, and by a Deno process that does nothing else.",
  },
  {
    id: "latency-one",
    title: "One awaited call after another, all processes on one processor, median",
    unit: "µs",
    contenders: ["corral", ...PROCESS_POOLS, "cpython-pool", "bare", "bare-deno"],
    measures: "latency",
    processor: 0,
    full: { count: 3000 },
    quick: { count: 1500 },
    tiny: { count: 5 },
    meaning:
      "The same, bound to one processor by `taskset`. Where the system puts two processes that wake each other is its own choice, and changes a call by more than any pool does.",
  },
  {
    id: "latency-first",
    title: "The first 1000 awaited calls of a program, median",
    unit: "µs",
    contenders: ["corral", ...PROCESS_POOLS, "bare-deno"],
    full: { count: 1000 },
    quick: { count: 1000 },
    tiny: { count: 5 },
    meaning: "The same before the engine has compiled anything: what a script that runs for a second sees.",
  },
  {
    id: "map",
    title: "`map` over 1 000 000 numbers, default chunks",
    unit: "ms",
    contenders: ["corral", "cpython-pool"],
    full: { count: 1_000_000, repeats: 2, warmMs },
    quick: { count: 1_000_000, repeats: 1 },
    tiny: { count: 1000, repeats: 1 },
    meaning:
      "Many tiny items without a thought about chunks. The pools for Node have no `map`; that of ProcessPoolExecutor sends one by one.",
  },
  {
    id: "bytes",
    title: "100 MB of bytes as an argument",
    unit: "ms",
    contenders: [...POOLS, "bare"],
    full: { size: 100_000_000, repeats: 2, warmMs },
    quick: { size: 100_000_000, repeats: 1 },
    tiny: { size: 1000, repeats: 1 },
    meaning:
      "What it costs to hand over images, audio or columns of numbers. “No pool” is a pipe from one Deno process to another.",
  },
  {
    id: "records",
    title: "20 000 records of 1 kB there and back, 1000 per chunk",
    unit: "ms",
    contenders: [...POOLS, "bare-deno"],
    full: { count: 20_000, size: 1000, repeats: 2, warmMs },
    quick: { count: 20_000, size: 1000, repeats: 1 },
    tiny: { count: 20, size: 10, repeats: 1 },
    maxRounds: 3,
    meaning:
      "Rows of a table or lines of a log, changed by workers; they were read from a file, so that no two share a text. The pools without `map` get chunks by hand. “No pool” is the same JSON through the pipes of two Deno processes.",
  },
  {
    id: "records-in",
    title: "20 000 records of 1 kB there, a number each back, 1000 per chunk",
    unit: "ms",
    contenders: [...POOLS, "bare-deno"],
    full: { count: 20_000, size: 1000, repeats: 2, warmMs },
    quick: { count: 20_000, size: 1000, repeats: 1 },
    tiny: { count: 20, size: 10, repeats: 1 },
    maxRounds: 3,
    meaning: "The same when the answer is small: counts, checks, sums.",
  },
  {
    id: "records-imap",
    title: "The same records there and back through `imap`, 1000 per chunk",
    unit: "ms",
    contenders: ["corral", "cpython-pool"],
    full: { count: 20_000, size: 1000, repeats: 2, warmMs },
    quick: { count: 20_000, size: 1000, repeats: 1 },
    tiny: { count: 20, size: 10, repeats: 1 },
    maxRounds: 3,
    meaning: "What it costs to take results one by one, as an input that does not fit into memory needs.",
  },
  {
    id: "records-calls",
    title: "The same records there and back in calls of 1000",
    unit: "ms",
    contenders: ["corral", "bare-deno"],
    full: { count: 20_000, size: 1000, repeats: 2, warmMs },
    quick: { count: 20_000, size: 1000, repeats: 1 },
    tiny: { count: 20, size: 10, repeats: 1 },
    maxRounds: 3,
    meaning:
      "Chunks cut by hand, each the argument of one `apply`, and all submitted at once. That two records of a call may be the same object is looked for, too. “No pool” encodes all chunks, too, before the first can leave.",
  },
  {
    id: "cpu",
    title: "Computing with two workers, against one process",
    unit: "×",
    moreIsBetter: true,
    contenders: ["corral", "tinypool", "jest-worker", "cpython-pool", "bare"],
    full: { count: 16, size: 250_000, repeats: 1 },
    quick: { count: 16, size: 80_000, repeats: 1 },
    tiny: { count: 2, size: 2000, repeats: 1 },
    maxRounds: 5,
    meaning:
      "How much of the second processor arrives. “No pool” is two programs that share the work by hand: what the machine can give.",
  },
  {
    id: "start",
    title: "A pool of two, from construction to both ready",
    unit: "ms",
    contenders: [...POOLS, "cpython-spawn", "bare", "bare-deno"],
    full: { repeats: 3 },
    quick: { repeats: 2 },
    tiny: { repeats: 1 },
    meaning:
      "What a program that runs for a moment pays for a pool. “No pool” is two `deno run` of an empty file, started together, until both have ended; “no pool (Deno)” is two that have V8 compile what a worker runs, run nothing of it, and answer a byte.",
  },
  {
    id: "memory",
    title: "Resident memory of an idle worker",
    unit: "MiB",
    contenders: [...POOLS, "cpython-spawn", "bare"],
    full: { size: 500 },
    quick: { size: 300 },
    tiny: { size: 10 },
    maxRounds: 3,
    meaning:
      "How many workers fit into a machine. “No pool” is a `deno run` that does nothing. Of forked and threaded workers much is shared with the program.",
  },
  {
    id: "queued",
    title: "Cost of a task with 1 000 000 queued, against 1000 queued",
    unit: "×",
    contenders: ["corral"],
    full: { count: 1_000_000, size: 1000, warmMs },
    quick: { count: 200_000, size: 1000 },
    tiny: { count: 1000, size: 100 },
    maxRounds: 3,
    meaning: "Whether a long queue makes every task slower.",
  },
  {
    id: "stream",
    title: "Growth of resident memory while `imap` streams 5 000 000 items",
    unit: "MiB",
    contenders: ["corral", "cpython-pool", "bare-deno"],
    full: { count: 5_000_000, size: 1000 },
    quick: { count: 1_000_000, size: 1000 },
    tiny: { count: 2000, size: 100 },
    maxRounds: 3,
    meaning:
      "Whether an input that never ends can be worked through. The program and its workers together, 1000 items per chunk, from before the first item. “No pool” moves the same numbers as JSON through the pipes of two Deno processes.",
  },
  {
    id: "recovery",
    title: "From `kill -9` of a busy worker until its call has settled and two workers answer",
    unit: "ms",
    contenders: POOLS,
    full: { repeats: 2, limitMs: 4000 },
    quick: { repeats: 1, limitMs: 2000 },
    tiny: { repeats: 1, limitMs: 10_000 },
    maxRounds: 3,
    meaning:
      "What a crash costs. “Hangs”: that call, or one that was made right after, never settles; “breaks”: the pool takes no more work.",
  },
  {
    id: "losses",
    title: "200 calls of which every tenth kills its process",
    unit: "calls",
    contenders: POOLS,
    full: { count: 200, limitMs: 20_000 },
    quick: { count: 100, limitMs: 10_000 },
    tiny: { count: 20, limitMs: 10_000 },
    maxRounds: 1,
    meaning:
      "Who pays for a crash. The twenty that kill must fail, and no other call should. What has not settled after twenty seconds counts as never.",
  },
];

/** The rows of some ids; all without ids. */
export function rowsOf(ids?: readonly string[]): readonly Row[] {
  const unknown = ids?.find((id) => !rows.some((row) => row.id === id));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot find a row: "${unknown}" is none of ${rows.map(({ id }) => id).join(", ")}`);
  }
  return ids ? rows.filter(({ id }) => ids.includes(id)) : rows;
}
