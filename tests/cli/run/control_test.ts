// End-to-end: limits, retries and workers of `corral map`.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Gate } from "../../helpers/pools/gate.ts";
import { corral, inFolder, ndjson } from "../../helpers/programs/corral.ts";

const JOB = new URL("../../fixtures/programs/map_records.ts", import.meta.url).pathname;
const TROUBLE = new URL("../../fixtures/programs/map_trouble.ts", import.meta.url).pathname;
const TEN = ndjson([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
const WITHOUT_FIVE = [1, 2, 3, 4, 6, 7, 8, 9, 10];

for (const name of ["loopAtFive", "waitAtFive", "sleepAtFive"]) {
  Deno.test(`corral map fails the record whose time is up, and no other: ${name}`, async () => {
    const args = ["map", `${TROUBLE}#${name}`, "--timeout", "700ms", "--chunk", "10", "-j", "1"];
    const { code, results, stderr } = await corral(args, { stdin: TEN });
    assertEquals([code, results], [1, WITHOUT_FIVE], stderr);
    assertStringIncludes(stderr, "record 5 (line 5 of stdin) failed: TimeoutError: the record took longer than 700 ms");
  });
}

Deno.test("corral map tells a limit below a millisecond as it was given, of a function that waits and of one that loops", async () => {
  for (const body of ["new Promise(() => setInterval(() => {}, 1000))", "{ while (true); }"]) {
    const { code, stderr } = await corral(["map", "-q", "-e", `() => ${body}`, "--timeout", "0.001ms"], {
      stdin: "1\n",
    });
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, "TimeoutError: the record took longer than 0.001 ms");
  }
});

Deno.test("corral map takes a limit from the median of what succeeded", async () => {
  const stdin = ndjson([20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 30_000]);
  const { code, results } = await corral(["map", `${JOB}#laterFirst`, "--timeout", "5000%", "-j", "1"], { stdin });
  assertEquals([code, results], [1, Array(10).fill(20)]);
});

Deno.test("corral map ends the whole run with code 124 when its time budget is used up", async () => {
  // The second is for a machine that does not come so far in the first.
  for (const budget of ["3s", "20s"]) {
    const args = ["map", `${TROUBLE}#loopAtFive`, "--time-budget", budget, "-j", "1", "--chunk", "1"];
    const { code, results, stderr } = await corral(args, { stdin: TEN });
    assertEquals(code, 124);
    assertStringIncludes(stderr, "the time budget is used up");
    if (results.length < 4 && budget === "3s") continue;
    assertEquals(results, [1, 2, 3, 4]);
    break;
  }
});

Deno.test("corral map waits with limits that a runtime's timer does not hold: it fires at once for them", async () => {
  const args = ["map", "-q", "-e", "async (n) => (await new Promise((resolve) => setTimeout(resolve, 30)), n)"];
  for (const limit of ["597h", "834h", `${"9".repeat(400)}h`]) {
    const { code, results, stderr } = await corral([...args, "--timeout", limit, "--time-budget", limit], {
      stdin: TEN,
    });
    assertEquals([limit, stderr, code, results.length], [limit, "", 0, 10]);
  }
});

Deno.test("corral map tries again what failed, in place, and only for the reasons that are named", async () => {
  const errors = await corral(["map", `${TROUBLE}#failFirst`, "--retries", "2"], { stdin: "1\n3\n4\n2\n" });
  assertEquals(errors.results, [{ n: 1, attempt: 1 }, { n: 3, attempt: 3 }, { n: 2, attempt: 2 }]);
  assertEquals(errors.code, 1);
  assertStringIncludes(errors.stderr, "record 3 (line 3 of stdin) failed after 3 attempts: Error: attempt 3");
  const crashes = await corral(["map", `${TROUBLE}#exitFirst`, "--retries", "1", "--chunk", "9"], {
    stdin: "1\n2\n3\n1\n",
  });
  assertEquals(crashes.results, [{ n: 1, attempt: 1 }, { n: 2, attempt: 2 }, { n: 1, attempt: 1 }]);
  assertEquals(crashes.code, 1);
  const others = await corral(["map", `${TROUBLE}#failFirst`, "--retries", "2", "--retry-on", "crash,timeout"], {
    stdin: "1\n2\n",
  });
  assertEquals([others.code, others.results], [1, [{ n: 1, attempt: 1 }]]);
});

Deno.test("corral map charges a crash to the attempt that it came in, also behind attempts that failed in the same worker", async () => {
  const text = "(n, { attempt }) => { if (attempt === 1) throw new Error('first'); Deno.exit(3); }";
  await inFolder(async (folder) => {
    const events = `${folder}/events.ndjson`;
    const args = ["map", "-e", text, "--retries", "2", "--events", events];
    assertEquals((await corral(args, { stdin: "1\n" })).code, 1);
    const lines = (await Deno.readTextFile(events)).trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(
      lines.flatMap(({ type, attempt, reason, outcome }) =>
        type === "retry" || type === "record" ? [[attempt, reason ?? outcome]] : []
      ),
      [[1, "error"], [2, "crash"], [3, "crash"]],
    );
  });
});

Deno.test("corral map halts for results that do not fit its output", async () => {
  const args = ["map", "-e", "(n) => `${n}`", "--out", "csv", "--halt", "soon,fail=2"];
  const { code, stderr } = await corral(args, { stdin: ndjson(Array(5000).fill(1)) });
  assertStringIncludes(stderr, ", halted by --halt");
  assert(code >= 2 && code <= 101, `code ${code}`);
});

Deno.test("corral map halts as it is told, and counts what has failed", async () => {
  const args = ["map", `${JOB}#failOdd`, "-j", "1", "--chunk", "1"];
  const stdin = ndjson([2, 4, 1, 6, 8, 3, ...Array(5000).fill(2)]);
  const soon = await corral([...args, "--halt", "soon,fail=2"], { stdin });
  assertEquals(soon.code, 2);
  assert(soon.results.length >= 4 && soon.results.length < 100, `${soon.results.length} results`);
  assertStringIncludes(soon.stderr, "halted by --halt");
  // The worker may have done the sixth record, which fails, before it hears of the end: what was done counts.
  const done = await corral([...args, "--halt", "now,done=5"], { stdin });
  const failures = ({ stderr }: { stderr: string }): number => stderr.match(/^.*record \d+ .* failed: /gm)?.length ?? 0;
  assert(done.code === 1 || done.code === 2, `code ${done.code}`);
  assertEquals(done.code, failures(done), done.stderr);
  assertEquals(done.results.slice(0, 4), [2, 4, 6, 8]);
  const share = await corral([...args, "--halt", "now,fail=30%"], { stdin });
  assert(share.code === 1 || share.code === 2, `code ${share.code}`);
  assertEquals(share.code, failures(share), share.stderr);
  assertEquals(share.results.slice(0, 2), [2, 4]);
});

Deno.test("corral map ends a worker that takes too much memory, and charges its record", async () => {
  const { code, results, stderr } = await corral(
    ["map", `${TROUBLE}#hoard`, "--memory-limit", "64M", "--chunk", "10", "-j", "1"],
    { stdin: TEN },
  );
  assertEquals([code, results], [1, WITHOUT_FIVE], stderr);
  assertStringIncludes(stderr, "record 5 (line 5 of stdin) failed: OutOfMemoryError");
});

Deno.test("corral map prepares each worker, and replaces it after so many records", async () => {
  const prepared = await corral(["map", `${JOB}#isPrepared`, "--initializer", "prepare"], { stdin: "1\n2\n" });
  assertEquals(prepared.results, [true, true]);
  const { results } = await corral(["map", `${JOB}#countCalls`, "--max-tasks", "4", "-j", "2"], {
    stdin: ndjson(Array(20).fill(0)),
  });
  const calls = results as { calls: number; pid: number }[];
  assertEquals([calls.length, Math.max(...calls.map(({ calls }) => calls))], [20, 4]);
  assert(new Set(calls.map(({ pid }) => pid)).size >= 5);
});

Deno.test("corral map runs as many workers as it is told", async () => {
  await inFolder(async (folder) => {
    // Records that wait until three are there.
    using gate = new Gate();
    const args = [
      "map",
      `${JOB}#holdAt`,
      "-j",
      "3",
      "--chunk",
      "1",
      "--allow-net=127.0.0.1",
      "--events",
      `${folder}/e`,
    ];
    const run = corral(args, { stdin: ndjson(Array(12).fill(gate.port)), allow: ["--allow-net=127.0.0.1"] });
    await Promise.race([gate.arrived(3), run]);
    gate.openForGood();
    assertEquals((await run).code, 0);
    const events = (await Deno.readTextFile(`${folder}/e`)).trimEnd().split("\n").map((line) => JSON.parse(line));
    const slots = new Set(events.filter(({ type }) => type === "record").map(({ slot }) => slot));
    assertEquals([...slots].sort(), [0, 1, 2]);
  });
});

const GZIPPED = Uint8Array.from([
  0x1f,
  0x8b,
  8,
  0,
  0,
  0,
  0,
  0,
  0,
  3,
  0x33,
  0xe4,
  2,
  0,
  0x53,
  0xfc,
  0x51,
  0x67,
  2,
  0,
  0,
  0,
]);

for (
  const [what, args, contents, workers] of [
    ["a record", [], ["1\n"], 1],
    ["a record without a line end", [], ["1"], 1],
    ["nothing", [], [""], 1],
    ["two records", [], ["1\n2"], 2],
    ["a record in each of two files", [], ["1\n", "2\n"], 2],
    ["many records", [], ["1\n2\n3\n4\n5\n"], 3],
    ["lines that end in CR", ["--in", "lines"], ["1\r2\r3\r"], 3],
    ["texts that end in NUL", ["--in", "nul"], ["1\n\n\n\x002\n\x00"], 2],
    ["a JSON array", ["--in", "json"], ["[1,2,3]"], 3],
    ["a packed record", [], [GZIPPED], 3],
    ["more than is looked at", [], [`"${"x".repeat(100_000)}"\n`], 3],
  ] as const
) {
  Deno.test(`corral map -j 3 starts as many workers as records can be there: ${what}`, async () => {
    await inFolder(async (folder) => {
      const files = contents.map((_, index) => `${folder}/${index}.in`);
      for (const [index, content] of contents.entries()) {
        await Deno.writeFile(files[index]!, typeof content === "string" ? new TextEncoder().encode(content) : content);
      }
      const given = ["-e", "(value) => value", "-j", "3", ...args];
      const { code, stderr } = await corral(["map", ...given, "--events", `${folder}/e`, ...files]);
      assertEquals([code, stderr.includes("failed:")], [0, false], stderr);
      const events = (await Deno.readTextFile(`${folder}/e`)).trimEnd().split("\n").map((line) => JSON.parse(line));
      const spawned = events.filter(({ type, state }) => type === "worker" && state === "spawn");
      assertEquals([spawned.length, events[0].type, events[0].jobs], [workers, "start", workers]);
      const dry = await corral(["map", "--dry-run", ...given, ...files]);
      assertStringIncludes(dry.stdout, `Workers: ${workers}\n`);
    });
  });
}

Deno.test("corral map waits for no worker that still starts when all records are done", async () => {
  await inFolder(async (folder) => {
    // The first worker goes on, the other one never starts.
    const module = `try {
      Deno.openSync(new URL("taken", import.meta.url), { write: true, createNew: true }).close();
    } catch {
      await new Promise(() => setInterval(() => {}, 1_000_000));
    }
    export default (n: number) => n + 1;`;
    await Deno.writeTextFile(`${folder}/job.ts`, module);
    const args = ["map", `${folder}/job.ts`, "-j", "2", `--allow-write=${folder}/taken`];
    const { code, results, stderr } = await corral(args, { stdin: "1\n" });
    assertEquals([code, results], [0, [2]], stderr);
  });
});
