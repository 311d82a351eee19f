// deno-lint-ignore-file no-console
/**
 * What starting costs, each row beside its floor, which does the same without corral and in the same run.
 *
 *     deno task bench:start                 everything
 *     deno task bench:start "corral map"    rows whose titles, or those of their floors, have one of these parts
 */
import { CORE, countModules, FloorFiles, TwoDenos } from "./start/floors.ts";
import { fromFileUrl, median } from "./start/help.ts";

const ROUNDS = 5;
const EMPTY = fromFileUrl("./peers/contenders/raw/bare.ts");
const COMMAND = fromFileUrl("../cli/main.ts");
const LIBRARY = fromFileUrl("../mod.ts");
const RECORD = fromFileUrl("./start/record.ndjson");

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
  return (await results(...args)).times;
}

async function results(...[name, ...args]: string[]): Promise<{ times: number[]; closing: number[] }> {
  const { stdout } = await deno("-A", fromFileUrl(`./start/${name}.ts`), ...args).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

const program = (path: string, ...args: string[]): Measure => () => timed(() => deno("-A", path, ...args).output());

async function timed(work: () => Promise<unknown>): Promise<readonly number[]> {
  const startedAt = performance.now();
  await work();
  return [performance.now() - startedAt];
}

const bare = () => timed(() => deno(EMPTY).output());

/** Two Denos that evaluate scripts from their input and answer, and the end of two such ones. */
async function twoDenos(scripts: readonly string[], what: "start" | "end"): Promise<readonly number[]> {
  let denos!: TwoDenos;
  const started = await timed(async () => denos = await TwoDenos.start(scripts));
  const ended = await timed(() => denos.end());
  return what === "start" ? started : ended;
}

async function mapOne(main: string): Promise<readonly number[]> {
  const command = deno(
    "-A",
    main,
    "map",
    "-q",
    "-e",
    "(x) => x",
    RECORD,
  );
  return await timed(() => command.output());
}

await using files = await FloorFiles.make();
const moduleCount = await countModules(LIBRARY);
const [command, packages] = [await files.bundle(COMMAND), await files.packages()];
const empty = await files.emptyModules(moduleCount);

const rows: readonly Row[] = [
  {
    title: "a pool of two, from construction to both ready",
    measure: () => run("pool", "0"),
    floorTitle: "two bare Denos, from start to end",
    floor: () => timed(() => Promise.all([1, 2].map(() => deno(EMPTY).output()))),
  },
  {
    title: "a pool of two, from construction to both ready",
    measure: () => run("pool", "0"),
    floorTitle: "two Denos that read a byte and answer one",
    floor: () => twoDenos([" "], "start"),
  },
  {
    title: "a pool of two, from construction to both ready",
    measure: () => run("pool", "0"),
    floorTitle: "two Denos that evaluate the text of a worker, do not run it, and answer",
    floor: () => twoDenos(CORE, "start"),
  },
  {
    title: "the end of that pool, from close() to the end of join()",
    measure: async () => (await results("pool", "0")).closing,
    floorTitle: "of two such Denos that are told to exit",
    floor: () => twoDenos(CORE, "end"),
  },
  {
    title: "a pool of two from a program that holds 2 GiB",
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
    measure: () => mapOne(COMMAND),
    floorTitle: "one bare Deno",
    floor: bare,
  },
  {
    title: "corral map of one record, from start to exit",
    measure: () => mapOne(COMMAND),
    floorTitle: "a program of one file that starts a bare Deno, passes it the record, and prints what comes back",
    floor: program(fromFileUrl("./start/one_record.ts"), RECORD),
  },
  {
    title: "corral map of one record, from start to exit",
    measure: () => mapOne(COMMAND),
    floorTitle: "a program of two files that starts two such Denos and ends them",
    floor: program(fromFileUrl("./start/two_denos.ts")),
  },
  {
    title: "corral map of one record, from start to exit",
    measure: () => mapOne(COMMAND),
    floorTitle: "the same command in few files, as `deno task install` makes it",
    floor: () => mapOne(command),
  },
  {
    title: "corral map of one record, from start to exit",
    measure: () => mapOne(COMMAND),
    floorTitle: "the same command from its package, as it is published",
    floor: () => mapOne(`${packages}/cli/built/main.js`),
  },
  {
    title: `a program that imports mod.ts, ${moduleCount} modules`,
    measure: program(LIBRARY),
    floorTitle: "one bare Deno",
    floor: bare,
  },
  {
    title: `a program that imports mod.ts, ${moduleCount} modules`,
    measure: program(LIBRARY),
    floorTitle: "one that imports as many modules of one line",
    floor: program(empty),
  },
  {
    title: `a program that imports mod.ts, ${moduleCount} modules`,
    measure: program(LIBRARY),
    floorTitle: "the same library from its package, as it is published",
    floor: program(`${packages}/built/mod.js`),
  },
  {
    title: "16 images of 3 MB, 10 ms each, the first time",
    measure: () => run("images"),
    floorTitle: "a plain loop",
    floor: () => run("images", "loop"),
  },
  {
    title: "16 images of 3 MB, 10 ms each, the first time",
    measure: () => run("images"),
    floorTitle: "the same work by two Denos fed by hand",
    floor: () => run("images_by_hand"),
  },
  {
    title: "the same work by two Denos fed by hand",
    measure: () => run("images_by_hand"),
    floorTitle: "a plain loop of 16 images",
    floor: () => run("images", "loop"),
  },
];

const isWanted = ({ title, floorTitle }: Row): boolean =>
  Deno.args.length === 0 || Deno.args.some((part) => `${title}; ${floorTitle}`.includes(part));

for (const { title, measure, floorTitle, floor } of rows.filter(isWanted)) {
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
