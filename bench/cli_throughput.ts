// deno-lint-ignore-file no-console
/**
 * Measures `corral map` with two workers beside a plain loop in one process, GNU parallel and xargs, over real pipes:
 * records of about 200 bytes, in medians of several rounds that take turns. A table and the same rows as NDJSON show what CSV costs,
 * beside a loop with Python's `csv`.
 *
 *     deno task bench:cli [--quick] [part of a name...]
 *
 * GNU parallel and xargs run the same function: parallel with a block for each process, and both with a record for each. Two plain
 * loops that share the work by hand show what the machine's second processor can give: no more can be asked of two workers. A relay that
 * hands blocks of bytes to the same loop in one process and in two, and looks at nothing, shows what a program over them leaves of that.
 */

const unknown = Deno.args.find((arg) => arg.startsWith("-") && arg !== "--quick");
if (unknown !== undefined) {
  console.log("Usage: deno task bench:cli [--quick] [part of a name...]");
  Deno.exit(unknown === "--help" ? 0 : 1);
}
const isQuick = Deno.args.includes("--quick");
const NAMES = Deno.args.filter((arg) => !arg.startsWith("--"));
const RECORDS = isQuick ? 100_000 : 1_000_000;
const HEAVY_RECORDS = isQuick ? 10_000 : 100_000;
const SINGLE_RECORDS = isQuick ? 50 : 100;
const ROUNDS = isQuick ? 1 : 3;

const HERE = new URL("cli_throughput/", import.meta.url).pathname;
const ROOT = new URL("../", import.meta.url).pathname;

/** One way to do the work. */
interface Contender {
  readonly name: string;
  readonly command: string;
  readonly records: number;
  readonly input: string;
}

/** What a contender took, in seconds: by the clock, and of all processors. */
interface Cost {
  readonly elapsed: number;
  readonly cpu: number;
}

/** Writes `count` records, one a line. */
async function writeRecords(path: string, count: number): Promise<void> {
  await writeLines(path, count, (id) => JSON.stringify(record(id)));
}

/** Writes the same rows as a table, of which half have a field in quotes, and as NDJSON. */
async function writeRows(path: string, count: number): Promise<void> {
  await writeLines(`${path}.ndjson`, count, (id) => JSON.stringify(row(id)));
  await writeLines(`${path}.csv`, count, (id) => {
    const cells = Object.values(row(id)).map((text) => text.includes(",") ? `"${text}"` : text).join(",");
    return id === 0 ? `${Object.keys(row(id)).join(",")}\n${cells}` : cells;
  });
}

async function writeLines(path: string, count: number, lineOf: (id: number) => string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  for (let start = 0; start < count; start += 10_000) {
    const lines = Array.from({ length: Math.min(10_000, count - start) }, (_, at) => lineOf(start + at));
    let bytes = new TextEncoder().encode(lines.join("\n") + "\n");
    while (bytes.length > 0) bytes = bytes.subarray(await file.write(bytes));
  }
}

function row(id: number): Record<string, string> {
  return {
    id: String(id),
    name: `user ${id}`,
    email: `user${id}@example.org`,
    score: String((id * 7919 % 10_007) / 10_007),
    street: `Main Street${id % 2 === 0 ? " " : ", "}${id % 1000}`,
    zip: String(id % 100_000).padStart(5, "0"),
  };
}

function record(id: number): unknown {
  return {
    id,
    name: `user ${id}`,
    email: `user${id}@example.org`,
    score: (id * 7919 % 10_007) / 10_007,
    tags: ["red", "green", "blue"],
    active: id % 2 === 0,
    address: { street: `Main Street ${id % 1000}`, zip: String(id % 100_000).padStart(5, "0") },
  };
}

async function exists(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", { args: ["-c", `command -v ${program}`], stdout: "null" }).output();
  return success;
}

/**
 * Runs a contender once. Throws if it did not write a line for each record: a pipeline takes the exit code of its last part, so that a
 * command that cannot even start looks quick.
 */
async function time({ name, command, input, records }: Contender): Promise<Cost> {
  const start = performance.now();
  // The shell's own clock of the processes that it waited for.
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `cat ${input} | ${command} | wc -l; times`],
    stderr: "inherit",
  }).output();
  const elapsed = (performance.now() - start) / 1000;
  const [count, , children = ""] = new TextDecoder().decode(stdout).split("\n");
  if (Number(count) !== records) {
    throw new Error(`Cannot measure ${name}: it wrote ${count} lines for ${records} records`);
  }
  const cpu = children.split(" ").reduce((sum, text) => sum + seconds(text), 0);
  return { elapsed, cpu };
}

/** A time as shells print it: `1m2.34s`. */
function seconds(text: string): number {
  const [, minutes, rest] = /^(\d+)m([\d.]+)s$/.exec(text.trim()) ?? [];
  return Number(minutes) * 60 + Number(rest);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

async function contenders(folder: string): Promise<Contender[]> {
  const deno = Deno.execPath();
  const env = "DENO_DIR,HOME,XDG_CACHE_HOME,LOCALAPPDATA,CI,TERM";
  const flags = `--config=${ROOT}deno.json --allow-run=${deno} --allow-read --allow-env=${env}`;
  const map = `${deno} run --quiet --no-prompt ${flags} ${ROOT}cli/main.ts map -q ${HERE}functions.ts`;
  const loop = `${deno} run --quiet --no-prompt ${HERE}loop.ts`;
  const relay = `${deno} run --quiet --no-prompt --allow-run=${deno} ${HERE}relay.ts`;
  const one = `${deno} run --quiet --no-prompt ${HERE}one.ts`;
  const all = { records: RECORDS, input: `${folder}/all` };
  const heavy = { records: HEAVY_RECORDS, input: `${folder}/heavy` };
  const rows = { records: RECORDS, input: `${folder}/rows.ndjson` };
  const halves = (name: string, input: string) =>
    [1, 2].map((half) => `${loop} ${name} < ${input}.${half} &`).join(" ");
  const table = { records: RECORDS, input: `${folder}/rows.csv` };
  const few = { records: SINGLE_RECORDS, input: `${folder}/few` };
  const found: Contender[] = [
    { name: "identity, plain loop", command: `${loop} identity`, ...all },
    { name: "identity, corral map", command: `${map}#identity -j 2`, ...all },
    { name: "heavy, plain loop", command: `${loop} heavy`, ...heavy },
    { name: "heavy, corral map", command: `${map}#heavy -j 2`, ...heavy },
    { name: "heavy, two plain loops", command: `{ ${halves("heavy", heavy.input)} wait; }`, ...heavy },
    { name: "light, plain loop", command: `${loop} light`, ...rows },
    { name: "light, two plain loops", command: `{ ${halves("light", rows.input)} wait; }`, ...rows },
    { name: "light, relay, one process", command: `${relay} 1`, ...rows },
    { name: "light, relay, two", command: `${relay} 2`, ...rows },
    { name: "light, NDJSON, one worker", command: `${map}#light -j 1`, ...rows },
    { name: "light, NDJSON", command: `${map}#light -j 2`, ...rows },
    { name: "light, CSV", command: `${map}#light -j 2 --in csv`, ...table },
    { name: "light, CSV to CSV", command: `${map}#light -j 2 --in csv --out csv | tail -n +2`, ...table },
    { name: "light, CSV, one worker", command: `${map}#light -j 1 --in csv`, ...table },
  ];
  if (await exists("python3")) found.push({ name: "light, CSV, Python", command: `python3 ${HERE}light.py`, ...table });
  else console.log("Python is not installed: skipped");
  if (await exists("parallel")) {
    found.push({ name: "identity, parallel --pipe", command: `parallel -j 2 --pipe ${loop} identity`, ...all });
    found.push({ name: "identity, parallel, one each", command: `parallel -j 2 --pipe -N 1 ${loop} identity`, ...few });
  } else console.log("GNU parallel is not installed: skipped");
  if (await exists("xargs")) {
    found.push({ name: "identity, xargs -P, one each", command: `xargs -P 2 -d '\\n' -n 1 ${one}`, ...few });
  } else console.log("xargs is not installed: skipped");
  return NAMES.length === 0 ? found : found.filter(({ name }) => NAMES.some((part) => name.includes(part)));
}

/** What each contender took for a record, in microseconds. */
async function measure(list: readonly Contender[]): Promise<Map<string, Cost>> {
  const taken = new Map<string, Cost[]>(list.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const contender of list) taken.get(contender.name)!.push(await time(contender));
  }
  return new Map(list.map(({ name, records }) => {
    const costs = taken.get(name)!;
    const each = (kind: keyof Cost) => median(costs.map((cost) => cost[kind])) / records * 1e6;
    return [name, { elapsed: each("elapsed"), cpu: each("cpu") }];
  }));
}

/** How many times as quick as `base` ours is. */
function printGoal(
  costs: Map<string, Cost>,
  base: string,
  ours: string,
  goal: number,
  kind: keyof Cost = "elapsed",
): void {
  const [baseCost, ourCost] = [costs.get(base)?.[kind], costs.get(ours)?.[kind]];
  if (baseCost === undefined || ourCost === undefined) return;
  const factor = baseCost / ourCost;
  const what = kind === "cpu" ? "the speed of a processor" : "the speed";
  console.log(
    `${ours} / ${base}: ${factor.toFixed(2)} times ${what} (goal ${Number(goal.toFixed(2))}) ${
      factor >= goal ? "✓" : "✗"
    }`,
  );
}

/** What two processors could give at most: all that two workers and the program compute, shared evenly and without a pause. */
function printRoom(costs: Map<string, Cost>, one: string, two: string): void {
  const [before, after] = [costs.get(one), costs.get(two)];
  if (before === undefined || after === undefined) return;
  console.log(
    `${two}: at most ${(before.elapsed / (after.cpu / 2)).toFixed(2)} times as quick as ${one} on two processors`,
  );
}

const folder = await Deno.makeTempDir();
try {
  await writeRecords(`${folder}/all`, RECORDS);
  await writeRows(`${folder}/rows`, RECORDS);
  await writeRecords(`${folder}/heavy`, HEAVY_RECORDS);
  for (const half of [1, 2]) await writeRecords(`${folder}/heavy.${half}`, HEAVY_RECORDS / 2);
  for (const half of [1, 2]) {
    await writeLines(`${folder}/rows.ndjson.${half}`, RECORDS / 2, (id) => JSON.stringify(row(id)));
  }
  await writeRecords(`${folder}/few`, SINGLE_RECORDS);
  const list = await contenders(folder);
  const costs = await measure(list);
  const columns = ["records", "µs each", "CPU µs each", "records/s"];
  console.log("".padEnd(32) + columns.map((column) => column.padStart(12)).join(""));
  for (const { name, records } of list) {
    const { elapsed, cpu } = costs.get(name)!;
    const cells = [String(records), elapsed.toFixed(2), cpu.toFixed(2), String(Math.round(1e6 / elapsed))];
    console.log(name.padEnd(32) + cells.map((cell) => cell.padStart(12)).join(""));
  }
  printGoal(costs, "identity, plain loop", "identity, corral map", 0.8);
  printGoal(costs, "heavy, plain loop", "heavy, corral map", 1.8);
  printGoal(costs, "heavy, two plain loops", "heavy, corral map", 0.95);
  printGoal(costs, "light, NDJSON", "light, CSV", 1 / 1.3, "cpu");
  printGoal(costs, "light, CSV, Python", "light, CSV", 1, "cpu");
  printGoal(costs, "light, CSV", "light, CSV to CSV", 1 / 1.3, "cpu");
  // What two plain loops gain is the machine's own limit.
  const [one, two] = ["light, plain loop", "light, two plain loops"].map((name) => costs.get(name)?.elapsed);
  const limit = one === undefined || two === undefined ? 1.6 : Math.min(1.6, one / two);
  printGoal(costs, "light, plain loop", "light, two plain loops", limit);
  printGoal(costs, "light, relay, one process", "light, relay, two", limit);
  printGoal(costs, "light, CSV, one worker", "light, CSV", limit);
  printGoal(costs, "light, NDJSON, one worker", "light, NDJSON", limit);
  printRoom(costs, "light, relay, one process", "light, relay, two");
  printRoom(costs, "light, CSV, one worker", "light, CSV");
  printRoom(costs, "light, NDJSON, one worker", "light, NDJSON");
  printGoal(costs, "identity, parallel, one each", "identity, corral map", 5);
  printGoal(costs, "identity, parallel --pipe", "identity, corral map", 1);
} finally {
  await Deno.remove(folder, { recursive: true });
}
