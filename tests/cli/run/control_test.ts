// End-to-end: limits, retries and workers of `corral map`.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Gate } from "../../helpers/pools/gate.ts";
import { corral, type CorralOutcome, inFolder, ndjson } from "../../helpers/programs/corral.ts";
import { corralInTurn, mapByOne, mapInTurn } from "../../helpers/programs/in_turn.ts";

const JOB = new URL("../../fixtures/programs/map_records.ts", import.meta.url).pathname;
const TROUBLE = new URL("../../fixtures/programs/map_trouble.ts", import.meta.url).pathname;
const TEN = ndjson([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
const WITHOUT_FIVE = [1, 2, 3, 4, 6, 7, 8, 9, 10];

Deno.test("corral map fails the records whose time is up, and no others: one that loops, one that listens to its signal, one that waits", async () => {
  const text = `async (n, { signal }) => {
    while (n === 3);
    if (n === 5) await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    if (n === 7) await new Promise((go) => setTimeout(go, 60_000));
    return n;
  }`;
  const { code, results, stderr } = await mapByOne(["-e", text, "--timeout", "700ms", "--chunk", "10"], { stdin: TEN });
  assertEquals([code, results], [3, [1, 2, 4, 6, 8, 9, 10]], stderr);
  for (const n of [3, 5, 7]) {
    assertStringIncludes(
      stderr,
      `record ${n} (line ${n} of stdin) failed: TimeoutError: the record took longer than 700 ms`,
    );
  }
});

Deno.test("corral map ends the whole run with code 124 when its time budget is used up", async () => {
  // The second is for a machine that does not come so far in the first.
  for (const budget of ["3s", "20s"]) {
    const args = [`${TROUBLE}#loopAtFive`, "--time-budget", budget, "--chunk", "1"];
    const { code, results, stderr } = await mapByOne(args, { stdin: TEN });
    assertEquals(code, 124);
    assertStringIncludes(stderr, "the time budget is used up");
    if (results.length < 4 && budget === "3s") continue;
    assertEquals(results, [1, 2, 3, 4]);
    break;
  }
});

Deno.test("corral map takes a limit from the median of what succeeded, tells one below a millisecond as it was given, and waits with those that a runtime's timer does not hold: it fires at once for them", async () => {
  const stands = "(n) => { while (n === 2); return new Promise(() => setInterval(() => {}, 1000)); }";
  const waits = ["-q", "-e", "async (n) => (await new Promise((resolve) => setTimeout(resolve, 30)), n)"];
  const longest = `${"9".repeat(400)}h`;
  const [median, short, ...long] = await mapInTurn([
    [ndjson([...Array(10).fill(20), 30_000]), [`${JOB}#laterFirst`, "--timeout", "5000%"]],
    // A function that waits, and one that loops.
    ["1\n2\n", ["-q", "-e", stands, "--timeout", "0.001ms"]],
    [TEN, [...waits, "--timeout", "597h", "--time-budget", longest]],
    [TEN, [...waits, "--timeout", longest, "--time-budget", "834h"]],
  ]);
  assertEquals([median!.code, median!.results], [1, Array(10).fill(20)]);
  const told = short!.stderr.match(/TimeoutError: the record took longer than 0\.001 ms/g);
  assertEquals([short!.code, told?.length], [2, 2], short!.stderr);
  for (const { code, results, stderr } of long) assertEquals([stderr, code, results.length], ["", 0, 10]);
});

Deno.test("corral map tries again what failed, in place, only for the reasons that are named, and charges a crash to the attempt that it came in, also behind attempts that failed in the same worker", async () => {
  const later = "(n, { attempt }) => { if (attempt === 1) throw new Error('first'); Deno.exit(3); }";
  const { outcomes, events } = await inFolder(async (folder) => ({
    outcomes: await mapInTurn([
      ["1\n3\n4\n2\n", [`${TROUBLE}#failFirst`, "--retries", "2"]],
      ["1\n2\n3\n1\n", [`${TROUBLE}#exitFirst`, "--retries", "1", "--chunk", "9"]],
      ["1\n2\n", [`${TROUBLE}#failFirst`, "--retries", "2", "--retry-on", "crash,timeout"]],
      ["1\n", ["-e", later, "--retries", "2", "--events", `${folder}/events`]],
    ]),
    events: await Deno.readTextFile(`${folder}/events`),
  }));
  const [errors, crashes, others, behind] = outcomes;
  assertEquals(errors!.results, [{ n: 1, attempt: 1 }, { n: 3, attempt: 3 }, { n: 2, attempt: 2 }]);
  assertEquals(errors!.code, 1);
  assertStringIncludes(errors!.stderr, "record 3 (line 3 of in0) failed after 3 attempts: Error: attempt 3");
  assertEquals(crashes!.results, [{ n: 1, attempt: 1 }, { n: 2, attempt: 2 }, { n: 1, attempt: 1 }]);
  assertEquals(crashes!.code, 1);
  assertEquals([others!.code, others!.results], [1, [{ n: 1, attempt: 1 }]]);
  assertEquals([behind!.code, attemptsIn(events)], [1, [[1, "error"], [2, "crash"], [3, "crash"]]]);
});

/** The attempts that events tell of, each with how it ended. */
function attemptsIn(events: string): unknown[] {
  const told = events.trim().split("\n").map((line) => JSON.parse(line));
  return told.filter(({ type }) => type === "retry" || type === "record")
    .map(({ attempt, reason, outcome }) => [attempt, reason ?? outcome]);
}

Deno.test("corral map halts as it is told, and counts what has failed, also results that do not fit its output and records that never come to a worker", async () => {
  const input = ndjson([2, 4, 1, 6, 8, 3, ...Array(5000).fill(2)]);
  const args = [`${JOB}#failOdd`, "--chunk", "1", "--halt"];
  const long = `2\n"${"x".repeat(2000)}"\n${"2\n".repeat(5000)}`;
  const [soon, done, share, unfit, unread] = await mapInTurn([
    [input, [...args, "soon,fail=2"]],
    [input, [...args, "now,done=5"]],
    [input, [...args, "now,fail=30%"]],
    [input, ["-e", "(n) => `${n}`", "--out", "csv", "--halt", "soon,fail=2"]],
    [long, [...args, "soon,fail=1", "--max-record", "1K"]],
  ]) as [CorralOutcome, CorralOutcome, CorralOutcome, CorralOutcome, CorralOutcome];
  assertEquals(soon.code, 2);
  assert(soon.results.length >= 4 && soon.results.length < 100, `${soon.results.length} results`);
  assertStringIncludes(soon.stderr, "halted by --halt");
  // The worker may have done the sixth record, which fails, before it hears of the end: what was done counts.
  const failures = ({ stderr }: { stderr: string }): number => stderr.match(/^.*record \d+ .* failed: /gm)?.length ?? 0;
  assert(done.code === 1 || done.code === 2, `code ${done.code}`);
  assertEquals(done.code, failures(done), done.stderr);
  assertEquals(done.results.slice(0, 4), [2, 4, 6, 8]);
  assert(share.code === 1 || share.code === 2, `code ${share.code}`);
  assertEquals(share.code, failures(share), share.stderr);
  assertEquals(share.results.slice(0, 2), [2, 4]);
  assertStringIncludes(unfit.stderr, ", halted by --halt");
  assert(unfit.code >= 2 && unfit.code <= 101, `code ${unfit.code}`);
  assertEquals([unread.code, unread.results], [1, [2]], unread.stderr);
  assertStringIncludes(unread.stderr, ", halted by --halt");
});

Deno.test("corral map ends a worker that takes too much memory, and charges its record; prepares each worker, and replaces it after so many records", async () => {
  const [hoard, counting] = await mapInTurn([
    [TEN, [`${TROUBLE}#hoard`, "--memory-limit", "64M", "--chunk", "10"]],
    [ndjson(Array(9).fill(0)), [`${JOB}#countCalls`, "--initializer", "prepare", "--max-tasks", "4"]],
  ]);
  assertEquals([hoard!.code, hoard!.results], [1, WITHOUT_FIVE], hoard!.stderr);
  assertStringIncludes(hoard!.stderr, "record 5 (line 5 of in0) failed: OutOfMemoryError");
  const calls = counting!.results as { calls: number; pid: number; prepared: boolean }[];
  assertEquals([calls.length, Math.max(...calls.map(({ calls }) => calls))], [9, 4]);
  assert(calls.every(({ prepared }) => prepared));
  assert(new Set(calls.map(({ pid }) => pid)).size >= 3);
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
    const run = corral(args, {
      stdin: ndjson(Array(12).fill(gate.port)),
      allow: ["--allow-run", "--allow-net=127.0.0.1"],
    });
    await Promise.race([gate.arrived(3), run]);
    gate.openForGood();
    assertEquals((await run).code, 0);
    const events = (await Deno.readTextFile(`${folder}/e`)).trimEnd().split("\n").map((line) => JSON.parse(line));
    const slots = new Set(events.filter(({ type }) => type === "record").map(({ slot }) => slot));
    assertEquals([...slots].sort(), [0, 1, 2]);
  });
});

/** The line `1`. */
const GZIPPED = Uint8Array.fromBase64("H4sIAAAAAAAAAzPkAgBT/FFnAgAAAA==");

const INPUTS = [
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
] as const;

/** Runs the body for each of the inputs, with the flags and files of a run that has it. */
async function withInputs<R>(body: (inputs: readonly string[][], folder: string) => Promise<R>): Promise<R> {
  return await inFolder(async (folder) => {
    const inputs = INPUTS.map(([, flags, contents], at) => [
      ...["-e", "(value) => value", "-j", "3", ...flags],
      ...contents.map((content, index) => {
        const path = `${folder}/${at}_${index}.in`;
        Deno.writeFileSync(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
        return path;
      }),
    ]);
    return await body(inputs, folder);
  });
}

Deno.test("corral map -j 3 has as many workers as records can be there", async () => {
  await withInputs(async (inputs) => {
    const dry = await corralInTurn(inputs.map((input) => ["map", "--dry-run", ...input]));
    assertEquals(
      dry.map(({ stdout }, at) => [INPUTS[at]![0], /^Workers: (\d+)$/m.exec(stdout)?.[1]]),
      INPUTS.map(([what, , , workers]) => [what, `${workers}`]),
    );
  });
});

Deno.test("corral map -j 3 starts as many workers as it has, and reads what it has looked at", async () => {
  await withInputs(async (inputs, folder) => {
    const shown = [...INPUTS.entries()].filter(([, [what]]) =>
      ["nothing", "a record in each of two files", "a packed record"].includes(what)
    );
    const commands = shown.map(([at]) => ["map", "--events", `${folder}/${at}`, ...inputs[at]!]);
    const outcomes = await corralInTurn(commands);
    for (const [place, [at, [, , , workers]]] of shown.entries()) {
      const { code, stderr } = outcomes[place]!;
      assertEquals([code, stderr.includes("failed:")], [0, false], stderr);
      const events = (await Deno.readTextFile(`${folder}/${at}`)).trimEnd().split("\n").map((line) => JSON.parse(line));
      const spawned = events.filter(({ type, state }) => type === "worker" && state === "spawn");
      assertEquals([spawned.length, events[0].type, events[0].jobs], [workers, "start", workers]);
    }
  });
});

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
    const { code, results, stderr } = await corral(args, { stdin: "1\n", allow: ["--allow-run"] });
    assertEquals([code, results], [0, [2]], stderr);
  });
});
