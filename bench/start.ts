// deno-lint-ignore-file no-console
/**
 * What starting costs, each row beside its floor, which does the same without corral and in the same run.
 *
 *     deno task bench:start
 */
import { CHILD_SCRIPTS } from "../src/worker/child_source.ts";
import { fromFileUrl, median } from "./start/help.ts";

const ROUNDS = 5;
const EMPTY = fromFileUrl("./peers/contenders/raw/bare.ts");

/** A measurement in milliseconds; several of one round count as several rounds. */
type Measure = () => Promise<readonly number[]>;

interface Row {
  readonly title: string;
  readonly measure: Measure;
  readonly floorTitle: string;
  readonly floor: Measure;
}

function deno(...args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), { args: ["run", "--quiet", ...args], stdin: "null", stderr: "inherit" });
}

async function run(...args: string[]): Promise<readonly number[]> {
  const { stdout } = await deno("-A", fromFileUrl(`./start/${args[0]}.ts`), ...args.slice(1)).output();
  return JSON.parse(new TextDecoder().decode(stdout)).times;
}

async function timed(work: () => Promise<unknown>): Promise<readonly number[]> {
  const startedAt = performance.now();
  await work();
  return [performance.now() - startedAt];
}

const bare = () => timed(() => deno(EMPTY).output());

/** Two Denos that evaluate a text from their input and answer: what two workers cannot do without. */
function greeted(text: string): Promise<readonly number[]> {
  const bytes = new TextEncoder().encode(text);
  const source = `const bytes=new Uint8Array(${bytes.length});` +
    "for(let at=0;at<bytes.length;)at+=Deno.stdin.readSync(bytes.subarray(at));" +
    "(0,eval)(new TextDecoder().decode(bytes));Deno.stdout.writeSync(new Uint8Array(1))";
  return timed(() =>
    Promise.all([1, 2].map(async () => {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-config", `data:text/javascript,${encodeURIComponent(source)}`],
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(bytes);
      const reader = child.stdout.getReader();
      await reader.read();
      await Promise.all([writer.close(), reader.cancel(), child.status]);
    }))
  );
}

async function mapOne(): Promise<readonly number[]> {
  const command = deno(
    "-A",
    fromFileUrl("../cli/main.ts"),
    "map",
    "-q",
    "-e",
    "(x) => x",
    fromFileUrl("./start/record.ndjson"),
  );
  return await timed(() => command.output());
}

const rows: readonly Row[] = [
  {
    title: "a pool of two, from construction to both ready",
    measure: () => run("pool", "0"),
    floorTitle: "two bare Denos, from start to end",
    floor: () => timed(() => Promise.all([1, 2].map(() => deno(EMPTY).output()))),
  },
  {
    title: "the same",
    measure: () => run("pool", "0"),
    floorTitle: "two Denos that read a byte and answer one",
    floor: () => greeted(" "),
  },
  {
    title: "the same",
    measure: () => run("pool", "0"),
    floorTitle: "two Denos that evaluate the text of a worker, do not run it, and answer",
    floor: () => greeted(CHILD_SCRIPTS[0]!),
  },
  {
    title: "the same from a program that holds 2 GiB",
    measure: () => run("pool", "2048"),
    floorTitle: "from one that holds 50 MiB",
    floor: () => run("pool", "50"),
  },
  {
    title: "a task of 1 ms with a worker of its own, of 200",
    measure: () => run("fresh"),
    floorTitle: "one bare Deno, from start to end",
    floor: bare,
  },
  {
    title: "corral map of one record, from start to exit",
    measure: mapOne,
    floorTitle: "one bare Deno",
    floor: bare,
  },
  {
    title: "a program that imports mod.ts",
    measure: () => timed(() => deno(fromFileUrl("../mod.ts")).output()),
    floorTitle: "one bare Deno",
    floor: bare,
  },
  {
    title: "16 images of 3 MB, 10 ms each, the first time",
    measure: () => run("images"),
    floorTitle: "a plain loop",
    floor: () => run("images", "loop"),
  },
];

for (const { title, measure, floorTitle, floor } of rows) {
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(...await measure());
    theirs.push(...await floor());
  }
  const [value, least] = [median(ours), median(theirs)];
  console.log(
    `${title}: ${value.toFixed(1)} ms; ${floorTitle}: ${least.toFixed(1)} ms; ${(value / least).toFixed(2)} ×`,
  );
}
