// Unit
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { contenderOf } from "../../bench/peers/contenders.ts";
import { measuredText, withMeasured } from "../../bench/peers/docs.ts";
import { verdicts } from "../../bench/peers/goals.ts";
import { median, outcomeOf, type Report, type Result, TAKES_TOO_LONG, valueOf } from "../../bench/peers/results.ts";
import { runRounds } from "../../bench/peers/rounds.ts";
import { type Row, rowsOf } from "../../bench/peers/rows.ts";
import { rowTable, toText } from "../../bench/peers/table.ts";

function result(row: string, contender: string, rounds: readonly (number | string)[]): Result {
  return { row, contender, rounds };
}

function reportOf(...results: Result[]): Report {
  const about = { at: "2026-01-02T03:04:05Z", mode: "full", tookMs: 60_000, machine: {}, versions: {} } as const;
  return { ...about, rounds: 2, results };
}

const report = reportOf(
  result("burst", "corral", [10, 12, 11]),
  result("burst", "tinypool", [110, 99, 300]),
  result("burst", "jest-worker", [20, 22, 44]),
  result("burst", "cpython-pool", [66, 6, 55]),
  result("recovery", "corral", [80, 90]),
  result("recovery", "cpython-pool", ["hangs", "hangs"]),
  result("recovery", "jest-worker", [70, 75]),
);

Deno.test("median() is the middle value, or between the two in the middle", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 3, 2]), 2.5);
  assertEquals(median([]), undefined);
});

Deno.test("outcomeOf() says in how many rounds it was so, and then there is no value", () => {
  const sometimes = result("recovery", "corral", [1, "hangs", 2]);
  assertEquals([outcomeOf(sometimes), valueOf(sometimes)], ["hangs, in 1 of 3 rounds", undefined]);
  assertEquals(outcomeOf(result("recovery", "corral", ["hangs", "hangs"])), "hangs");
  assertEquals(outcomeOf(result("recovery", "corral", [1, 2])), undefined);
});

Deno.test("verdicts() compares with the fastest of the others, by medians and by rounds", () => {
  const [processes, cpython, ...rest] = verdicts(report);
  assertEquals(rest, []);
  assertEquals([processes!.opponent, processes!.measured, processes!.met], ["jest-worker (process)", 2, false]);
  assertEquals(processes!.perRound, [2, 22 / 12, 4]);
  assertEquals([cpython!.opponent, cpython!.measured, cpython!.met], ["CPython Pool", 5, true]);
});

Deno.test("verdicts() compares a burst around a long task with corral's own burst", () => {
  const around = reportOf(result("burst", "corral", [10, 20]), result("burst-spin", "corral", [15, 30]));
  const [verdict] = verdicts(around);
  assertEquals([verdict!.opponent, verdict!.measured, verdict!.met], ["itself, without that task", 1.5, true]);
});

Deno.test("rowTable() gives an outcome where there is no number", () => {
  const [recovery] = rowsOf(["recovery"]);
  assertEquals(rowTable(report, recovery!), [
    ["", "median, ms", "lowest to highest", "corral is better by"],
    ["corral", "85.0", "80.0 to 90.0", ""],
    ["jest-worker (process)", "72.5", "70.0 to 75.0", "0.85 ×"],
    ["CPython Pool", "hangs", "", ""],
  ]);
});

Deno.test("toText() aligns columns", () => {
  assertEquals(toText([["a", "b"], ["long", "c"]]), "a     b\nlong  c");
});

Deno.test("measuredText() says where corral is not first, and why", () => {
  const text = measuredText(report);
  const line = text.split("\n").find((line) => line.startsWith("- **From `kill -9`"));
  assertEquals(
    line,
    "- **From `kill -9` of a busy worker until its call has settled and two workers answer**, corral 85.0 ms: " +
      "jest-worker (process) 72.5. A new Deno process has to start.",
  );
});

Deno.test("measuredText() gives beside a missed goal what the same work takes without a pool", () => {
  const text = measuredText(reportOf(
    result("latency", "corral", [40]),
    result("latency", "workerpool", [20]),
    result("latency", "bare-deno", [15]),
  ));
  const missed = text.slice(text.indexOf("Missed, and what the limit is"));
  assertMatch(
    missed,
    /: 2\.00 beside workerpool \(process\), at most 1 wanted \(by the same measure no pool \(Deno\) 0\.75\)\. .* In this run: no pool \(Deno\) 15\.0 µs\./,
  );
});

Deno.test("A goal beside another row of corral has floors beside their own other row", () => {
  const [verdict] = verdicts(reportOf(
    result("burst", "corral", [10]),
    result("burst", "bare-each", [4]),
    result("burst-first", "corral", [30]),
    result("burst-first", "bare-each", [10]),
    result("burst-first", "bare-deno", [9]),
  ));
  assertEquals(verdict!.floors, [{ name: "no pool (Deno, a write for each answer)", measured: 2.5 }]);
});

Deno.test("withMeasured() replaces what is between the markers only, and again", () => {
  const page = "before\n\n<!-- measured: `deno task bench:peers --write-docs` writes from here -->\nold\n" +
    "<!-- measured: to here -->\n\nafter\n";
  const once = withMeasured(page, "new");
  assertEquals(withMeasured(once, "new"), once);
  assertEquals(once.replaceAll(/<!--.*?-->/g, "|"), "before\n\n|\n\nnew\n\n|\n\nafter\n");
  assertThrows(() => withMeasured("without", "new"), Error, "markers");
});

Deno.test("runRounds() begins each round with another contender, and does not ask again who takes too long", async () => {
  const contenders = ["corral", "tinypool", "cpython-pool"].map(contenderOf);
  const row: Row = { ...rowsOf(["recovery"])[0]!, maxRounds: 3 };
  const asked: string[] = [];
  const results = await runRounds({ rows: [row], contenders, rounds: 5, size: "tiny" }, ({ id }) => {
    asked.push(id);
    if (id === "cpython-pool") return Promise.resolve({ samples: [], outcome: TAKES_TOO_LONG });
    return Promise.resolve(id === "tinypool" ? { samples: [7], outcome: "hangs" } : { samples: [1, 5, 3] });
  }, () => {});
  assertEquals(asked, ["corral", "tinypool", "cpython-pool", "tinypool", "corral", "corral", "tinypool"]);
  assertEquals(results.map(({ rounds }) => rounds), [[3, 3, 3], ["hangs", "hangs", "hangs"], [TAKES_TOO_LONG]]);
});
