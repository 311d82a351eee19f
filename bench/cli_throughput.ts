// deno-lint-ignore-file no-console
/**
 * Measures `corral map` with two workers beside a plain loop in one process, GNU parallel and xargs, over real pipes:
 * records of about 200 bytes, in medians of several rounds that take turns.
 *
 *     deno task bench:cli [--quick]
 *
 * GNU parallel and xargs run the same function: parallel with a block for each process, and both with a record for each. Two plain
 * loops that share the work by hand show what the machine's second processor can give.
 */

const isQuick = Deno.args.includes("--quick");
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

/** Writes `count` records, one a line. */
async function writeRecords(path: string, count: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  for (let start = 0; start < count; start += 10_000) {
    const lines = Array.from(
      { length: Math.min(10_000, count - start) },
      (_, at) => JSON.stringify(record(start + at)),
    );
    let bytes = new TextEncoder().encode(lines.join("\n") + "\n");
    while (bytes.length > 0) bytes = bytes.subarray(await file.write(bytes));
  }
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

/** Seconds from start to end. */
async function time({ name, command, input }: Contender): Promise<number> {
  const start = performance.now();
  const { success } = await new Deno.Command("sh", {
    args: ["-c", `cat ${input} | ${command} | cat > /dev/null`],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot measure ${name}: it failed`);
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

async function contenders(folder: string): Promise<Contender[]> {
  const deno = Deno.execPath();
  const env = "DENO_DIR,HOME,XDG_CACHE_HOME,LOCALAPPDATA,CI,TERM,TERM_PROGRAM,TMUX";
  const flags = `--config=${ROOT}deno.json --allow-run=${deno} --allow-read --allow-env=${env}`;
  const corral = `${deno} run --quiet --no-prompt ${flags} ${ROOT}cli.ts map -q -j 2 ${HERE}functions.ts`;
  const loop = `${deno} run --quiet --no-prompt ${HERE}loop.ts`;
  const one = `${deno} run --quiet --no-prompt ${HERE}one.ts`;
  const all = { records: RECORDS, input: `${folder}/all` };
  const heavy = { records: HEAVY_RECORDS, input: `${folder}/heavy` };
  const halves = [1, 2].map((half) => `${loop} heavy < ${heavy.input}.${half} &`).join(" ");
  const few = { records: SINGLE_RECORDS, input: `${folder}/few` };
  const found: Contender[] = [
    { name: "identity, plain loop", command: `${loop} identity`, ...all },
    { name: "identity, corral map", command: `${corral}#identity`, ...all },
    { name: "heavy, plain loop", command: `${loop} heavy`, ...heavy },
    { name: "heavy, corral map", command: `${corral}#heavy`, ...heavy },
    { name: "heavy, two plain loops", command: `{ ${halves} wait; }`, ...heavy },
  ];
  if (await exists("parallel")) {
    found.push({ name: "identity, parallel --pipe", command: `parallel -j 2 --pipe ${loop} identity`, ...all });
    found.push({ name: "identity, parallel, one each", command: `parallel -j 2 --pipe -N 1 ${loop} identity`, ...few });
  } else console.log("GNU parallel is not installed: skipped");
  if (await exists("xargs")) {
    found.push({ name: "identity, xargs -P, one each", command: `xargs -P 2 -d '\\n' -n 1 ${one}`, ...few });
  } else console.log("xargs is not installed: skipped");
  return found;
}

/** Microseconds for each record, by contender. */
async function measure(list: readonly Contender[]): Promise<Map<string, number>> {
  const seconds = new Map<string, number[]>(list.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const contender of list) seconds.get(contender.name)!.push(await time(contender));
  }
  return new Map(list.map(({ name, records }) => [name, median(seconds.get(name)!) / records * 1e6]));
}

function printGoal(costs: Map<string, number>, base: string, ours: string, goal: number): void {
  const [baseCost, ourCost] = [costs.get(base), costs.get(ours)];
  if (baseCost === undefined || ourCost === undefined) return;
  const factor = baseCost / ourCost;
  console.log(`${ours} / ${base}: ${factor.toFixed(2)} times the speed (goal ${goal}) ${factor >= goal ? "✓" : "✗"}`);
}

const folder = await Deno.makeTempDir();
try {
  await writeRecords(`${folder}/all`, RECORDS);
  await writeRecords(`${folder}/heavy`, HEAVY_RECORDS);
  for (const half of [1, 2]) await writeRecords(`${folder}/heavy.${half}`, HEAVY_RECORDS / 2);
  await writeRecords(`${folder}/few`, SINGLE_RECORDS);
  const list = await contenders(folder);
  const costs = await measure(list);
  console.log(`${"".padEnd(32)}${"records".padStart(10)}${"µs each".padStart(12)}${"records/s".padStart(12)}`);
  for (const { name, records } of list) {
    const cost = costs.get(name)!;
    console.log(
      `${name.padEnd(32)}${String(records).padStart(10)}${cost.toFixed(2).padStart(12)}${
        Math.round(1e6 / cost).toString().padStart(12)
      }`,
    );
  }
  printGoal(costs, "identity, plain loop", "identity, corral map", 0.8);
  printGoal(costs, "heavy, plain loop", "heavy, corral map", 1.8);
  printGoal(costs, "heavy, two plain loops", "heavy, corral map", 0.95);
  printGoal(costs, "identity, parallel, one each", "identity, corral map", 5);
  printGoal(costs, "identity, parallel --pipe", "identity, corral map", 1);
} finally {
  await Deno.remove(folder, { recursive: true });
}
