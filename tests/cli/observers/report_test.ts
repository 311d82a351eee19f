// Unit and end-to-end tests of the report. `tests/dashboard/browser_test.ts` shows it in a browser.
import {
  assert,
  assertEquals,
  assertFalse,
  assertGreater,
  assertLess,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { redrawReport } from "../../../cli/observers/report/mod.ts";
import type { RunEvent } from "../../../cli/records/run_events.ts";
import { ACTIVE, hostileRun, pageOf, parse } from "../../helpers/programs/report_page.ts";
import { corral, inFolder } from "../../helpers/programs/corral.ts";
import { corralInTurn, mapByOne } from "../../helpers/programs/in_turn.ts";
import { plainRun, recordEvent, startEvent } from "../../helpers/programs/run_events.ts";

Deno.test("The report tells of a run without failures", async () => {
  const page = parse(await pageOf(plainRun(100)));
  assertEquals(page.texts("h1"), ["corral map job.ts"]);
  assertStringIncludes(
    page.texts("header p")[0]!,
    "finished, exit code 0. Began 2026-01-02 03:04:05 UTC; input: stdin.",
  );
  assertEquals(page.texts(".tile b").slice(0, 3), ["100", "0", "100"]);
  assertEquals(page.texts("h2"), [
    "Workers over time",
    "Throughput",
    "Durations",
    "Failures",
    "Slowest records",
    "Workers",
    "The run",
  ]);
  assertEquals(page.count("svg"), 3);
  const titles = page.texts("svg rect title");
  assertEquals(titles.filter((title) => /^record \d+: ok, 8 ms$/.test(title)).length, 100);
  assertEquals(titles.filter((title) => title.endsWith(": starts")).length, 2);
});

Deno.test("The report escapes all text: nothing in it can act or load", async () => {
  const page = parse(await pageOf(hostileRun()));
  assertEquals(page.texts(ACTIVE), []);
  assertEquals(page.count("details"), 4);
  for (const text of page.texts("details summary")) assertStringIncludes(text, "<img src=x onerror=");
});

Deno.test("The report groups failures, shows the first of them, and says how many more there are", async () => {
  const failures = Array.from(
    { length: 450 },
    (_, at) =>
      recordEvent(at + 1, {
        outcome: "error",
        error: {
          name: "TypeError",
          message: at < 300 ? "common" : at < 400 ? `no ${at} of "${at}"` : `only once: ${wordOf(at)}`,
        },
      }),
  );
  const page = parse(await pageOf([startEvent(), ...failures]));
  assertEquals(page.texts("tbody")[0]!.trimStart().replace(/\s+/g, " ").slice(0, 26), "300▲ errorTypeError: commo");
  // What differs in nothing but numbers and quoted names is one kind.
  assertStringIncludes(
    page.texts("tbody")[0]!.replace(/\s+/g, " "),
    '100▲ errorTypeError: no 300 of "300" and the like',
  );
  const text = page.texts("section").find((section) => section.includes("The first 200"))!;
  assertStringIncludes(text, "and 250 more");
  assertStringIncludes(text, "and 32 kinds more");
});

/** A word for each number. */
function wordOf(number: number): string {
  return [...`${number}`].map((digit) => "abcdefghij"[Number(digit)]).join("");
}

Deno.test("The report lists the slowest records, and says what was run with what", async () => {
  const records = Array.from({ length: 100 }, (_, at) => recordEvent(at + 1, { durationMs: (at * 37) % 100 }));
  const start = startEvent({
    source: "(r) => r.<b>",
    args: ["-e", "…", "--env", "TOKEN=…"],
    corral: "0.1.0",
    deno: "2.9.6",
    system: "linux",
  });
  const page = parse(await pageOf([start, ...records]));
  const slowest = page.texts("section").find((section) => section.includes("Slowest records"))!;
  assertEquals([...slowest.matchAll(/(\d+) ms/g)].map(([, ms]) => Number(ms)), [
    99,
    98,
    97,
    96,
    95,
    94,
    93,
    92,
    91,
    90,
  ]);
  assertEquals(page.texts("dd"), [
    "(r) => r.<b>",
    "corral map -e … --env TOKEN=…",
    "corral 0.1.0, Deno 2.9.6",
    "linux",
  ]);
});

Deno.test("The report names its pictures, and tells outcomes apart without colours", async () => {
  const outcomes = ["ok", "error", "timeout", "crash"] as const;
  const text = await pageOf([
    startEvent(),
    ...Array.from({ length: 40 }, (_, at) => recordEvent(at + 1, { outcome: outcomes[at % 4]! })),
  ]);
  const labels = [...text.matchAll(/<svg[^>]*>/g)].map(([svg]) =>
    /role="img"/.test(svg) && /aria-label="([^"]*)"/.exec(svg)?.[1]
  );
  assertMatch(labels.join("\n"), /^Timeline: .*\nThroughput: .*\nDurations of records: median 8 ms, .*$/);
  assertFalse(text.includes('aria-label="rect"'));
  const page = parse(text);
  assertEquals(page.texts("svg text").filter((text) => "▲■✖".includes(text)).toSorted().length, 30);
  assertEquals(page.texts(".legend span").slice(0, 4), ["● ok", "▲ error", "■ timeout", "✖ crash"]);
  assertEquals(page.count("th:not([scope])"), 0);
  assertEquals(page.texts(".tile small")[0], "10\u00a0ok, 10\u00a0error, 10\u00a0timeout, 10\u00a0crash");
});

Deno.test("The report of a run that was killed says so, and one without records has no charts", async () => {
  const page = parse(await pageOf([startEvent()]));
  assertStringIncludes(page.texts("header p")[0]!, "cut off");
  assertEquals(page.count("svg"), 0);
});

Deno.test("The report of many records stays small, and shows where workers were idle and where records failed", async () => {
  function* run(): Iterable<RunEvent> {
    yield startEvent({ jobs: 8 });
    for (let sequence = 1; sequence <= 50_000; sequence++) {
      const atMs = sequence < 25_000 ? sequence : sequence + 25_000;
      const fails = sequence > 40_000 && sequence % 3 === 0;
      yield recordEvent(sequence, { atMs, slot: sequence % 8, outcome: fails ? "error" : "ok" });
    }
  }
  const text = await pageOf(run());
  assertLess(text.length, 300_000);
  const titles = parse(text).texts("svg rect title");
  assert(titles.includes("worker 3: 100 % busy"), "busy");
  assert(titles.some((title) => /^worker 3: 3\d % of the records failed$/.test(title)), "failed");
  const rates = titles.filter((title) => title.endsWith("records/s"));
  assertGreater(rates.filter((title) => title.endsWith(": 0 records/s")).length, rates.length / 5);
});

Deno.test("redrawReport() draws the same page from the event file, also from one whose last line is cut", () =>
  inFolder(async (folder) => {
    const [path, out] = [`${folder}/run.ndjson`, `${folder}/run.html`];
    const events = plainRun(50);
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
    await Deno.writeTextFile(path, lines);
    await redrawReport(path, out);
    assertEquals(await Deno.readTextFile(out), await pageOf(events));
    await Deno.writeTextFile(path, lines.slice(0, -10));
    await redrawReport(path, out);
    assertEquals(await Deno.readTextFile(out), await pageOf(events.slice(0, -1)));
  }));

Deno.test("corral report does not write the page over its events, whatever else they are called", () =>
  inFolder(async (folder) => {
    const text = JSON.stringify(startEvent()) + "\n";
    await Deno.writeTextFile(`${folder}/events`, text);
    await Deno.link(`${folder}/events`, `${folder}/hard`);
    const names = ["events", "./events", "hard"];
    const outcomes = await corralInTurn(names.map((name) => ["report", "events", "-o", name]), { cwd: folder });
    for (const [at, { code, stderr }] of outcomes.entries()) {
      assertEquals(code, 255);
      assertStringIncludes(stderr, `Cannot write ${names[at]}: it has the events, wanted another --output`);
    }
    assertEquals(await Deno.readTextFile(`${folder}/events`), text);
  }));

Deno.test("redrawReport() refuses anything that is not an event file, and says why", () =>
  inFolder(async (folder) => {
    const start = JSON.stringify(startEvent());
    const bad = [
      ["", "it is empty"],
      ["hello\n", "its first line must be a start event of version 1"],
      [`${JSON.stringify({ ...startEvent(), version: 2 })}\n`, "its first line must be a start event of version 1"],
      [`${start}\nhello\n${start}\n`, "line 2 is not an event"],
      [`${start}\n{"type":"record","slot":"x"}\n${start}\n`, "line 2 is not an event"],
      ...[{ module: {} }, { export: {} }, { inputs: { x: 1 } }, { slot: 1e9 }].map((wrong) =>
        [`${start}\n${JSON.stringify({ ...startEvent(), ...wrong })}\n${start}\n`, "line 2 is not an event"] as const
      ),
    ] as const;
    for (const [text, reason] of bad) {
      await Deno.writeTextFile(`${folder}/run.ndjson`, text);
      await assertRejects(() => redrawReport(`${folder}/run.ndjson`, `${folder}/run.html`), Error, reason);
    }
    for (const path of [`${folder}/none`, folder]) {
      await assertRejects(
        () => redrawReport(path, `${folder}/run.html`),
        Error,
        `Cannot draw the report from ${path}: `,
      );
    }
  }));

Deno.test("corral map writes events, trace and report of one run, and corral report draws the same page again", () =>
  inFolder(async (folder) => {
    const records = Array.from({ length: 200 }, (_, at) => `{"id":${at + 1}}\n`).join("");
    await Deno.writeTextFile(`${folder}/in.ndjson`, records);
    const job = "(record) => { if (record.id % 50 === 0) throw new Error(`no <b>${record.id}</b>`); return record; }";
    const outputs = ["--events=run.ndjson", "--trace=trace.json", "--report=run.html", "--rejects=rejects.ndjson"];
    const map = await mapByOne(["-e", job, "in.ndjson", ...outputs], { cwd: folder });
    assertEquals([map.code, map.stdout.trimEnd().split("\n").length], [4, 196], map.stderr);
    const page = await Deno.readTextFile(`${folder}/run.html`);
    assertEquals(parse(page).texts(".tile b").slice(0, 3), ["200", "4", "196"]);
    assertEquals(parse(page).texts("details summary")[0], "Error: no <b>50</b>");
    const { traceEvents } = JSON.parse(await Deno.readTextFile(`${folder}/trace.json`));
    assertEquals(traceEvents.filter(({ name }: { name: string }) => /^record \d+/.test(name)).length, 200);
    const report = await corral(["report", "run.ndjson", "-o", "again.html"], { cwd: folder });
    assertEquals([report.code, report.stderr], [0, ""]);
    assertEquals(await Deno.readTextFile(`${folder}/again.html`), page);
  }));
