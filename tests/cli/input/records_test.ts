// End-to-end: what becomes of records, one by one and in batches: their failures, their rejects, and when they begin.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { corral, inFolder, ndjson } from "../../helpers/programs/corral.ts";
import { mapByOne } from "../../helpers/programs/in_turn.ts";
import { type MapInTurn, mapInTurn } from "../../helpers/programs/map_in_turn.ts";

/** A run of a function over a file called `in`. */
function run(fn: string, content: string, ...flags: string[]): MapInTurn {
  return { args: ["-e", fn, "-q", "in", ...flags], files: { in: content } };
}

Deno.test("corral map counts failures that are all alike, in place of telling each", async () => {
  const fn = "(n) => { throw new Error(`no ${n}`); }";
  const { code, stderr } = await mapByOne(["-e", fn, "-q"], { stdin: ndjson(Array(1000).fill(5)) });
  assertEquals(code, 101);
  assertEquals(stderr.match(/ failed: /g)?.length, 200);
  assertMatch(stderr, /corral: 800 more failed as record 1 did; --rejects FILE has each of them\n$/);
});

Deno.test("corral map --rejects keeps records whole, so that they can be fed again", async () => {
  await inFolder(async (folder) => {
    const records = [1, 2, 3].map((n) => ({ n, text: "é".repeat(900) }));
    const path = `${folder}/rejects.ndjson`;
    const [first, again] = await mapInTurn([
      run("(r) => { if (r.n > 1) throw 1; return r.n; }", ndjson(records), "--rejects", path),
      { args: ["-e", "(r) => r.record", "-q", path, "--out", "lines"] },
    ]);
    assertEquals(first.code, 2);
    assertEquals(again.stdout, ndjson(records.slice(1)));
  });
});

Deno.test("corral map hands lists of records to the function with --batch, and fails a bad record alone", async () => {
  await inFolder(async (folder) => {
    const numbers = Array.from({ length: 10 }, (_, n) => n + 1);
    const four = (fn: string, ...flags: string[]) => run(fn, ndjson(numbers), "--batch", "4", ...flags);
    const [sizes, bad, thrown, killed, logged] = await mapInTurn([
      four("(list) => list.length"),
      run("(list, { index }) => [index, list]", "1\nx\n3\n4\n5", "--batch", "3"),
      four("(list) => { if (list.includes(5)) throw new Error('five'); return list; }"),
      four("(list) => list.includes(5) ? Deno.exit(3) : list.length", "--chunk", "8"),
      four("(list) => list.length", "-o", `${folder}/out`, "--joblog", `${folder}/log`),
    ]);
    assertEquals([sizes.code, sizes.results], [0, [4, 4, 2]]);
    assertEquals([bad.code, bad.results], [1, [[0, [1, 3]], [3, [4, 5]]]]);
    assertStringIncludes(bad.stderr, "record 2 (line 2 of in) failed: the record is not JSON");
    assertEquals([thrown.code, thrown.results], [4, [[1, 2, 3, 4], [9, 10]]]);
    assertEquals([killed.code, killed.results], [4, [4, 2]]);
    assertStringIncludes(
      killed.stderr,
      "record 8 (line 8 of in) failed: WorkerExitError: the worker exited with code 3",
    );
    assertEquals(logged.code, 0);
    const lines = (await Deno.readTextFile(`${folder}/log`)).trim().split("\n").slice(1);
    assertEquals(
      lines.map((line) => JSON.parse(line)).map(({ sequence, results }) => [sequence, results]),
      numbers.map((n) => [n, n % 4 === 1 ? 1 : 0]),
    );
  });
});

Deno.test("corral map writes the number of each result's record with --tag", async () => {
  const twice = "function* (n) { yield n; yield n * 10; }";
  const [lines, one, refused] = await mapInTurn([
    run(twice, "1\n2\n", "--tag", "--out", "lines"),
    run(twice, "7\n", "--tag"),
    run(twice, "7\n", "--tag", "--out", "csv"),
  ]);
  assertEquals(lines.stdout, "1\t1\n1\t10\n2\t2\n2\t20\n");
  assertEquals(one.results, [{ record: 1, result: 7 }, { record: 1, result: 70 }]);
  assertStringIncludes(refused.stderr, "Cannot use --tag with --out csv");
});

Deno.test("corral map begins no more records than --rate says, attempts that follow on others included", async () => {
  await inFolder(async (folder) => {
    const stdin = ndjson(Array.from({ length: 24 }, (_, n) => n));
    const flags = ["--rate", "20/s", "-j", "2", "--events", `${folder}/events`];
    assertEquals((await corral(["map", "-e", "(r) => r", "-q", ...flags], { stdin })).results.length, 24);
    const events = (await Deno.readTextFile(`${folder}/events`)).trim().split("\n").map((line) => JSON.parse(line));
    const handed = events.filter(({ type, state }) => type === "block" && state === "start");
    assertEquals(handed.map(({ records }) => records), Array(24).fill(1));
    // From the start of the run: the first one may have waited for its worker. Two clocks count.
    const ms = handed.at(-1).at - events[0].startedAt;
    assert(ms >= 23 * 50 - 5, `${ms} ms`);
  });
  const again = "(n, { attempt }) => { if (attempt < 4) throw new Error('again'); return attempt; }";
  const [retried, refused] = await mapInTurn([
    run(again, "1\n2\n", "--rate", "40/s", "--retries", "5"),
    run("(r) => r", "1\n", "--rate", "fast"),
  ]);
  assertEquals([retried.code, retried.results], [0, [4, 4]]);
  assertStringIncludes(refused.stderr, 'Cannot use "fast" as --rate');
});

Deno.test("corral map begins while the machine has room", async () => {
  const flags = ["--load", "100000", "--memfree", "1K"];
  const { code, results } = await mapByOne(["-e", "(r) => r", "-q", ...flags], {
    stdin: "1\n",
    allow: ["--allow-sys"],
  });
  assertEquals([code, results], [0, [1]]);
});
