// End-to-end: `corral map --cluster` gives what the same command gives on one machine, byte for byte.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { corral, type CorralOutcome, inFolder, ndjson } from "../../../tests/helpers/programs/corral.ts";
import { corralInTurn, mapByOne } from "../../../tests/helpers/programs/in_turn.ts";
import { AgentProcess } from "../helpers/agent_process.ts";
import { clusterFlags, clusterPermissions } from "../helpers/map_flags.ts";
import { NO_REDIS, RedisServer } from "../helpers/redis_server.ts";

const RECORDS = new URL("../../../tests/fixtures/programs/map_records.ts", import.meta.url).pathname;
const TROUBLE = new URL("../../../tests/fixtures/programs/map_trouble.ts", import.meta.url).pathname;
const ignore = NO_REDIS !== undefined;

/** One Redis and three agents for all tests: two modules, and one that runs what is typed. */
const group = new AsyncDisposableStack();
let url = "";

Deno.test.beforeAll(async () => {
  if (ignore) return;
  const redis = group.use(await RedisServer.start());
  url = redis.url;
  // None of them dies: on a busy machine a shorter lock is lost now and then, and a block begins twice.
  const agent = { command: "corral agent", lock: "60s" } as const;
  await Promise.all([
    AgentProcess.start(url, { ...agent, name: "records", module: RECORDS }),
    AgentProcess.start(url, { ...agent, name: "trouble", module: TROUBLE }),
    AgentProcess.start(url, { ...agent, name: "text", module: null, flags: ["--allow-inline"] }),
  ].map(async (started) => group.use(await started)));
});

Deno.test.afterAll(() => group.disposeAsync());

const numbers = (count: number): string => ndjson(Array.from({ length: count }, (_, index) => index + 1));
const TABLE = `id,name\n1,"a, b"\n2,"say ""x"""\n3,\n`;

/** A run that is made there and here. */
interface Case {
  readonly args: readonly string[];
  readonly stdin: string;
  /** Whether records that fail are told of on stderr. Else they are written to a file, which has all that is told of them. */
  readonly isTold?: boolean;
  /** Whether two workers may end in either order. */
  readonly isUnordered?: boolean;
  /** Whether its agent prints something: then it has one of its own, whose streams nobody else reads. */
  readonly isLoud?: boolean;
}

const CASES: Readonly<Record<string, Case>> = {
  "NDJSON": { args: [RECORDS], stdin: ndjson([{ a: 1 }, "ü\u2028", null, [1.5, "1e400"]]) },
  "many quick records": { args: [RECORDS], stdin: numbers(50_000) },
  "results in the order of the records": { args: [`${RECORDS}#laterFirst`], stdin: ndjson([90, 60, 30, 1, 1]) },
  "index and attempt": { args: [`${RECORDS}#places`, "--chunk", "2", "--out", "csv"], stdin: numbers(9) },
  "no result, and several": { args: [`${RECORDS}#twice`, "--out", "json"], stdin: numbers(5) },
  "CSV to TSV, other columns": { args: [RECORDS, "--in", "csv", "--out", "tsv", "--columns", "name,id"], stdin: TABLE },
  "lines to records between zeros": { args: [RECORDS, "--in", "lines", "--out", "nul"], stdin: "one\n\ntwo\n" },
  "records between zeros to bytes": { args: [`${RECORDS}#bytes`, "--in", "nul", "--out", "raw"], stdin: "one\0two\0" },
  "numbers of records": { args: [`${RECORDS}#evenOnly`, "--tag"], stdin: numbers(8) },
  "batches to lines": { args: [RECORDS, "--batch", "3", "--out", "lines"], stdin: numbers(8) },
  "an initializer": { args: [`${RECORDS}#isPrepared`, "--initializer", "prepare"], stdin: numbers(3) },
  "failures, reported on stderr": { args: [`${RECORDS}#failOdd`], stdin: numbers(5), isTold: true },
  "a generator that fails": { args: [`${RECORDS}#failAfterYield`], stdin: numbers(4) },
  "invalid records, quietly": { args: [RECORDS, "-q"], stdin: "1\nnope\n2\n" },
  "what a function prints": { args: [`${RECORDS}#print`], stdin: numbers(20), isUnordered: true, isLoud: true },
  "an end by failures": { args: [`${RECORDS}#failOdd`, "--halt", "now,fail=1", "--chunk", "1"], stdin: numbers(1) },
  "attempts at records that throw": { args: [`${TROUBLE}#failFirst`, "--retries", "2"], stdin: numbers(4) },
  "attempts at records that end their worker": { args: [`${TROUBLE}#exitFirst`, "--retries", "1"], stdin: numbers(3) },
  "a record that ends its worker": {
    args: [`${TROUBLE}#exitAtFive`, "--chunk", "10"],
    stdin: numbers(10),
    isTold: true,
  },
  "an error outside of any call": {
    args: [`${TROUBLE}#throwLaterAtFive`, "--chunk", "10"],
    stdin: numbers(10),
    isLoud: true,
  },
  "a record that never ends": {
    args: [`${TROUBLE}#loopAtFive`, "--chunk", "10", "--timeout", "800ms"],
    stdin: numbers(10),
  },
  "a record that hears of the end of its time": {
    args: [`${TROUBLE}#waitAtFive`, "--chunk", "10", "--timeout", "800ms"],
    stdin: numbers(10),
  },
  "a record that does not hear of it": {
    args: [`${TROUBLE}#sleepAtFive`, "--chunk", "10", "--timeout", "800ms"],
    stdin: numbers(10),
  },
  "a typed function, which throws now and then": {
    args: ["-e", "(n) => n % 2 ? { n } : n < 3 ? undefined : n.a.b"],
    stdin: numbers(6),
    isTold: true,
  },
  "a typed text that is not a function": { args: ["-e", "5"], stdin: numbers(2) },
  "an export that is not there": { args: [`${RECORDS}#missing`], stdin: "" },
};

/** What is compared of a run. */
type Told = Pick<CorralOutcome, "code" | "stdout"> & { readonly stderr: string[]; readonly rejects: string[] };

/** A run of a case, there or here, with files of its own in a folder. */
class CaseRun {
  readonly #case: Case;
  readonly #rejects: string;

  constructor(one: Case, rejects: string) {
    this.#case = one;
    this.#rejects = rejects;
  }

  get args(): string[] {
    return [...this.#case.args, ...(this.#case.isTold ? [] : ["--rejects", this.#rejects])];
  }

  async told({ code, stdout, stderr }: CorralOutcome): Promise<Told> {
    const { isTold = false, isUnordered = false } = this.#case;
    return {
      code,
      stdout,
      stderr: lines(stderr.replace(/ in \d+\.\d s/, " in a moment"), isUnordered),
      rejects: isTold ? [] : lines(await Deno.readTextFile(this.#rejects), false),
    };
  }
}

/** What is told of a run there, and of the same here. */
type Pair = readonly [there: Told, here: Told];

/** The cases with agents that are shared: one program makes all runs there, and one all here, which takes half the time. */
async function runQuiet(): Promise<Map<string, Pair>> {
  const cases = Object.entries(CASES).filter(([, { isLoud }]) => !isLoud);
  return await inFolder(async (folder) => {
    const runs = await Promise.all(cases.map(async ([name, one], at) => {
      const input = `${folder}/in${at}`;
      await Deno.writeTextFile(input, one.stdin);
      const [there, here] = ["there", "here"].map((place) => new CaseRun(one, `${folder}/${place}${at}`));
      return { name, input, there: there!, here: here! };
    }));
    const flags = clusterFlags(url);
    const allow = ["--allow-run", ...clusterPermissions(url)];
    const there = await corralInTurn(runs.map((run) => ["map", ...run.there.args, ...flags, run.input]), { allow });
    const here = await corralInTurn(runs.map((run) => ["map", "-j", "1", ...run.here.args, run.input]));
    return new Map(
      await Promise.all(runs.map(async (run, at): Promise<[string, Pair]> => {
        return [run.name, [await run.there.told(there[at]!), await run.here.told(here[at]!)]];
      })),
    );
  });
}

/** The same for a case with an agent of its own, in programs that read their stdin. */
async function runLoud(one: Case): Promise<Pair> {
  return await inFolder(async (folder) => {
    await using own = new AsyncDisposableStack();
    const address = await openOwn(own, one.args[0]!.replace(/#.*/, ""));
    const [there, here] = ["there", "here"].map((place) => new CaseRun(one, `${folder}/${place}`)) as [
      CaseRun,
      CaseRun,
    ];
    const { stdin } = one;
    const allow = clusterPermissions(address);
    const outcome = await corral(["map", ...there.args, ...clusterFlags(address)], { stdin, allow });
    return [await there.told(outcome), await here.told(await mapByOne(here.args, { stdin }))];
  });
}

/** Of the quiet ones, once the first of them is wanted. */
let quiet: Promise<Map<string, Pair>> | undefined;

for (const [name, one] of Object.entries(CASES)) {
  Deno.test(`corral map --cluster is as on one machine: ${name}`, { ignore }, async () => {
    const [there, here] = one.isLoud ? await runLoud(one) : (await (quiet ??= runQuiet())).get(name)!;
    assertEquals(there, here);
  });
}

async function openOwn(stack: AsyncDisposableStack, module: string): Promise<string> {
  const redis = stack.use(await RedisServer.start());
  stack.use(await AgentProcess.start(redis.url, { command: "corral agent", module, lock: "60s", jobs: 1 }));
  return redis.url;
}

function lines(text: string, isUnordered: boolean): string[] {
  const all = text.split("\n");
  return isUnordered ? all.sort() : all;
}

Deno.test(
  "corral map --cluster writes events, joblog, report and trace of the agents' workers",
  { ignore },
  () =>
    inFolder(async (folder) => {
      const files = ["events", "joblog", "report", "trace"].flatMap((kind) => [`--${kind}`, `${folder}/${kind}`]);
      const { code, stderr } = await corral([
        "map",
        `${RECORDS}#failOdd`,
        ...clusterFlags(url),
        ...files,
        "--chunk",
        "5",
      ], {
        stdin: numbers(40),
        allow: clusterPermissions(url),
      });
      assertEquals(code, 20, stderr);
      const events = (await Deno.readTextFile(`${folder}/events`)).trimEnd().split("\n").map((line) =>
        JSON.parse(line)
      );
      const [start] = events;
      assertEquals([start.type, start.jobs], ["start", 2]);
      const records = events.filter(({ type }) => type === "record");
      assertEquals(records.map(({ sequence }) => sequence), Array.from({ length: 40 }, (_, index) => index + 1));
      assertEquals(records.every(({ slot, pid }) => slot >= 0 && slot < 2 && pid > 0), true);
      // An agent that was late for its lock has begun a block twice.
      const begun = events.filter(({ type, state }) => type === "block" && state === "start");
      assertEquals(new Set(begun.map(({ firstSequence }) => firstSequence)).size, 8);
      assertEquals((await Deno.readTextFile(`${folder}/joblog`)).trimEnd().split("\n").length, 41);
      assertStringIncludes(await Deno.readTextFile(`${folder}/report`), "</html>");
      assertStringIncludes(await Deno.readTextFile(`${folder}/trace`), "traceEvents");
    }),
);

Deno.test("corral map --cluster --dry-run says who would do the work, and runs nothing", { ignore }, async () => {
  const run = (...args: string[]) =>
    corral(["map", ...args, "--dry-run", ...clusterFlags(url)], { stdin: numbers(1), allow: clusterPermissions(url) });
  const { code, stdout } = await run(RECORDS);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "Agents: records (2 workers)\n");
  assertStringIncludes(stdout, "Agent with other code: text serves map-");
  assertStringIncludes(stdout, "line 1: 1\n");
  assertStringIncludes((await run(import.meta.filename!)).stdout, "Agents: none; wanted corral agent --redis redis://");
});
