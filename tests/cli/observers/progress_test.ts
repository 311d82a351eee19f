// Unit tests of what a bar counts and says; end-to-end tests in a real terminal (tmux), skipped where there is none.
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { coloured } from "../../../src/progress/parts.ts";
import { logLine, runLine, slotLines } from "../../../cli/observers/progress/bar_lines.ts";
import { PlainProgress } from "../../../cli/observers/progress/plain_progress.ts";
import { PrintedLines } from "../../../cli/observers/progress/printed_lines.ts";
import { sanitizeForTerminal } from "../../../cli/files/terminal_text.ts";
import { RunProgress } from "../../../cli/observers/progress/run_progress.ts";
import type { RunEvent } from "../../../cli/records/run_events.ts";
import { STARTED_AT, startEvent } from "../../helpers/programs/run_events.ts";
import { corralArgs, corralCommand, inFolder } from "../../helpers/programs/corral.ts";
import { noTerminal, quote, Terminal, type TerminalOptions } from "../../helpers/programs/terminal.ts";

const at = (ms: number) => STARTED_AT + ms;
const count = (ms: number, done: number, failed = 0): RunEvent => ({ type: "count", at: at(ms), done, failed });
const input = (ms: number, records: number, bytes: number, ended = false): RunEvent => (
  { type: "input", at: at(ms), records, bytes, ended }
);
const block = (ms: number, slot: number, state: "start" | "end", firstSequence: number, records: number): RunEvent => (
  { type: "block", at: at(ms), slot, state, firstSequence, records }
);
const print = (text: string, slot?: number): RunEvent => (
  { type: "print", at: at(0), text, ...(slot !== undefined && { slot }) }
);

function progressOf(events: RunEvent[], expected?: number): RunProgress {
  const progress = new RunProgress(expected);
  for (const event of events) progress.take(event);
  return progress;
}

// deno-lint-ignore no-control-regex
const withoutColours = (text: string) => text.replaceAll(/\x1b\[\d+m/g, "");

Deno.test("RunProgress.total is what the user told, else reckoned from the bytes, and exact when the input has ended", () => {
  const start = startEvent({ totalBytes: 1000 });
  assertEquals(progressOf([start]).total, undefined);
  assertEquals(progressOf([start, input(1, 10, 100)]).total, { records: 100, estimated: true });
  assertEquals(progressOf([start, input(1, 10, 100), input(1, 20, 1000)]).total, { records: 100, estimated: true });
  assertEquals(progressOf([start, input(1, 1, 1000)]).total, undefined);
  assertEquals(progressOf([start, input(1, 10, 100)], 70).total, { records: 70, estimated: false });
  assertEquals(progressOf([start, input(1, 80, 100)], 70).total, { records: 80, estimated: false });
  assertEquals(progressOf([start, input(1, 12, 1000, true)], 70).total, { records: 12, estimated: false });
});

Deno.test("RunProgress.busy counts workers with a block, also when one exits and is replaced", () => {
  const worker = (slot: number, pid: number, state: "spawn" | "ready" | "exit"): RunEvent => (
    { type: "worker", at: at(0), slot, pid, state }
  );
  const progress = progressOf([startEvent(), worker(0, 7, "spawn"), worker(1, 8, "spawn")]);
  assertEquals(progress.busy, 0);
  for (const event of [block(1, 0, "start", 1, 5), block(1, 1, "start", 6, 5)]) progress.take(event);
  assertEquals(progress.busy, 2);
  for (const event of [worker(0, 7, "exit"), block(2, 0, "end", 1, 5), worker(0, 9, "spawn")]) progress.take(event);
  assertEquals(progress.busy, 1);
  assertEquals(progress.slots.map(({ pid, state, records }) => ({ pid, state, records })), [
    { pid: 9, state: "starting", records: 5 },
    { pid: 8, state: "busy", records: 0 },
  ]);
});

Deno.test("runLine() counts records, and fits into any width that has room for its facts", () => {
  const progress = progressOf([
    startEvent(),
    input(0, 2_000_000, 1, true),
    block(0, 1, "start", 1, 100),
    count(1000, 500_000, 3),
  ]);
  const line = withoutColours(runLine(progress, at(1000), 100, coloured));
  assertMatch(line, /^ 25% ━+─+ {2}500,000\/2,000,000 {2}500K\/s {2}3 s left {2}3 failed {2}1\/2 busy$/);
  assertEquals([...line.matchAll(/━/g)].length, Math.round([...line.matchAll(/[━─]/g)].length / 4));
  for (let columns = 75; columns < 150; columns++) {
    assert(
      withoutColours(runLine(progress, at(1000), columns, coloured)).length <= columns,
      `too wide for ${columns} columns`,
    );
  }
});

Deno.test("logLine() has neither colours nor a bar", () => {
  const progress = progressOf([startEvent(), count(1000, 50, 1)]);
  assertEquals(logLine(progress, at(1000)), "corral: 50 records  50/s  1 s so far  1 failed  0/2 busy");
});

Deno.test("slotLines() shows as many workers as there is room for, and says how many more there are", () => {
  const progress = progressOf([startEvent({ jobs: 5 }), block(0, 0, "start", 1001, 250)]);
  const lines = (rows: number) => slotLines(progress, at(2000), rows, coloured).map(withoutColours);
  assertMatch(lines(5)[0]!, /^ {2}worker 0 .* records 1,001 to 1,250 {2}2 s$/);
  assertEquals(lines(5).length, 5);
  assertEquals([lines(3).length, lines(3).at(-1)], [3, "and 3 more workers"]);
  assertEquals(lines(0), []);
});

Deno.test("PrintedLines gives each source's text on in whole lines, in whatever pieces it came", () => {
  const sources = fc.array(
    fc.record({ source: fc.nat(2), text: fc.string({ unit: fc.constantFrom("a", "b", "\n") }) }),
  );
  fc.assert(fc.property(sources, (pieces) => {
    const lines = new PrintedLines();
    const all = pieces.map(({ source, text }) =>
      lines.add(source, text.replaceAll(/[ab]/g, (letter) => letter + source))
    )
      .join("") + lines.flush();
    assert(all === "" || all.endsWith("\n"));
    for (const source of [0, 1, 2]) {
      const printed = pieces.filter((piece) => piece.source === source).map(({ text }) => text).join("");
      const shown = all.split("\n").filter((line) => line.includes(`${source}`)).join("\n").replaceAll(/\d/g, "");
      assertEquals(shown, printed.replaceAll(/\n+/g, "\n").replace(/^\n/, "").replace(/\n$/, ""));
      assertFalse(all.split("\n").some((line) => new Set(line.match(/\d/g)).size > 1), "a line of two sources");
    }
  }));
});

Deno.test("sanitizeForTerminal() keeps colours and tabs, and nothing else that is not text", () => {
  assertEquals(sanitizeForTerminal("a\tb\n"), "a\tb\n");
  assertEquals(sanitizeForTerminal("\x1b[31mred\x1b[0m\n"), "\x1b[31mred\x1b[0m\n\x1b[0m");
  const harmful = ["\x1b[2J", "\x1b[10A", "\x1b]0;title\x07", "\x1b[?1049h", "\r", "\b\b", "\x1bc", "\x9b2J", "\x00"];
  for (const text of harmful) assertMatch(sanitizeForTerminal(`a${text}b`), /^a[\x20-\x7e]*b$/, JSON.stringify(text));
});

Deno.test("PlainProgress writes a line every so often, and what is printed", async () => {
  const written: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const write = (text: string) => {
    written.push(text);
    if (text.startsWith("corral: ")) resolve();
  };
  const progress = new PlainProgress({ write, everyMs: 5 });
  progress.receive([
    startEvent(),
    print("half a ", 0),
    print("other\n", 1),
    print("line\n", 0),
    count(10, 3),
    print("rest", 1),
  ]);
  await promise;
  progress.close();
  assertEquals(written.filter((text) => !text.startsWith("corral: ")), ["other\nhalf a line\n", "rest\n"]);
  assertStringIncludes(written.find((text) => text.startsWith("corral: "))!, "3 records");
});

// What follows draws in a real terminal.

const RUN: RunEvent[] = [
  startEvent({ jobs: 2 }),
  { type: "worker", at: at(0), slot: 0, pid: 71, state: "spawn" },
  { type: "worker", at: at(0), slot: 0, pid: 71, state: "ready" },
  input(0, 400, 1, true),
  block(0, 0, "start", 1, 100),
  count(1000, 100, 2),
  print("first message\n", 0),
  print(`a long one ${"x".repeat(100)}\n`, 0),
  print("clears \x1b[2J\x1b[Hthe screen\n", 0),
  print("\x1b[32mgreen\x1b[0m\n", 0),
  print("without an end", 1),
];
const END: RunEvent = {
  type: "end",
  at: at(2000),
  reason: "finished",
  exitCode: 2,
  records: 400,
  failed: 2,
  results: 398,
};

const VARIABLES = { CI: undefined, NO_COLOR: undefined };
const FLAGS = "--quiet --no-prompt --no-lock --allow-env=CI,TERM,TERM_PROGRAM,TMUX";
const FIXTURE = new URL("../../fixtures/programs/show_progress.ts", import.meta.url).pathname;

/** Opens a terminal that shows these events. */
async function show(bar: string, events: RunEvent[], options: Partial<TerminalOptions> & { redirect?: string } = {}) {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  const command = `${quote(Deno.execPath())} run ${FLAGS} ${quote(FIXTURE)} ${bar} < ${quote(file)} ${
    options.redirect ?? ""
  }`;
  const terminal = await Terminal.open(command, {
    columns: 78,
    rows: 24,
    ...options,
    env: { ...VARIABLES, ...options.env },
  });
  await terminal.ended();
  await Deno.remove(file);
  return terminal;
}

function testInTerminal(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: noTerminal ? `${name} (skipped: ${noTerminal})` : name, ignore: noTerminal !== undefined, fn });
}

testInTerminal(
  "The bar stays below all that is printed, whatever that is, and leaves the terminal as it was",
  async () => {
    await using terminal = await show("line", [...RUN, count(1900, 300), END]);
    assertEquals(await terminal.screen(), [
      "first message",
      `a long one ${"x".repeat(67)}`,
      "x".repeat(33),
      "clears the screen",
      "green",
      "without an end",
      `100% ${"━".repeat(40)}  400/400  200/s  2 s  2 failed`,
    ]);
    assert(await terminal.hasCursor());
  },
);

testInTerminal("NO_COLOR takes the colours of the bar away, and not the bar", async () => {
  await using terminal = await show("line", [...RUN, count(1900, 300), END], { env: { NO_COLOR: "1" } });
  assertEquals((await terminal.screen()).at(-1), `100% ${"━".repeat(40)}  400/400  200/s  2 s  2 failed`);
  assertEquals(await terminal.lineWithColours("400/400"), (await terminal.screen()).at(-1));
});

testInTerminal("--bar=full has a row for each worker, and a narrow terminal cuts lines", async () => {
  await using terminal = await show("full", RUN, { columns: 40 });
  const screen = await terminal.screen();
  assertEquals(screen.length, 10);
  assertMatch(screen.at(-3)!, /^ {2}worker 0 {2}pid 71 {6}0 done {8}…$/);
  assertMatch(screen.at(-2)!, /^ {2}worker 1 .*…$/);
  assertMatch(screen.at(-1)!, /^ 25% 100\/400 .*…$/);
});

testInTerminal("Where no bar is wanted, there are plain lines", async () => {
  for (const env of [{ CI: "true" }, { TERM: "dumb" }]) {
    await using terminal = await show("auto", [...RUN, END], { columns: 200, env });
    const screen = await terminal.screen();
    assertEquals(screen.slice(0, 1).concat(screen.slice(-2)), [
      "first message",
      "without an end",
      "corral: 25%  100/400  50/s  2 s  2 failed",
    ]);
  }
});

testInTerminal(
  "corral map shows its bar by default, on stderr only, with what tasks print above it",
  () =>
    inFolder(async (folder) => {
      const job = '(record) => { if (record.id % 40 === 0) console.log("task", record.id); return record; }';
      await Deno.writeTextFile(`${folder}/in`, Array.from({ length: 120 }, (_, at) => `{"id":${at + 1}}\n`).join(""));
      const corral = [Deno.execPath(), ...corralArgs(["map", "-j2", "-e", job], ["--allow-run"])].map(quote).join(" ");
      const command = `cd ${quote(folder)}; cat in | ${corral} | cat > out`;
      await using terminal = await Terminal.open(command, { columns: 90, rows: 24, env: VARIABLES });
      await terminal.ended();
      const screen = await terminal.screen();
      assertEquals(screen.slice(0, -1).toSorted(), ["task 120", "task 40", "task 80"]);
      assertMatch(screen.at(-1)!, /^100% ━{10,} {2}120\/120 .* 0 failed$/);
      assertEquals((await Deno.readTextFile(`${folder}/out`)).split("\n").length, 121);
    }),
);

testInTerminal("Ctrl-C leaves the terminal with a last bar, a summary, and a cursor", async () => {
  const job = '(record) => { if (record === "3") while (true); console.log("task", record); return record; }';
  const corral = [
    Deno.execPath(),
    ...corralArgs(["map", "-j1", "--chunk=1", "--in=lines", "--bar=full", "-e", job], ["--allow-run"]),
  ]
    .map(quote).join(
      " ",
    );
  await using terminal = await Terminal.open(`seq 5 | ${corral} > /dev/null`, {
    columns: 90,
    rows: 24,
    env: VARIABLES,
  });
  await terminal.shows("record 3");
  await terminal.press("C-c");
  await terminal.shows("again to stop at once");
  await terminal.press("C-c");
  await terminal.ended();
  const screen = await terminal.screen();
  assertEquals(screen.slice(0, 2), ["task 1", "task 2"]);
  assertStringIncludes(screen.at(-1)!, "interrupted");
  assertEquals(screen.filter((line) => line.includes("worker 0")), []);
  assert(await terminal.hasCursor());
});

testInTerminal("--bar=off shows nothing but what is printed", async () => {
  await using terminal = await show("off", [...RUN, END], { columns: 200 });
  const screen = await terminal.screen();
  assertEquals(screen.filter((line) => !line.startsWith("a long")), [
    "first message",
    "clears the screen",
    "green",
    "without an end",
  ]);
});

/** Two records are fine, two fail, and the last never ends. */
const FAILING = `(n) => {
  if (n % 2 === 0) throw new RangeError("number " + n + " is wrong");
  return n < 5 ? n : new Promise(() => setInterval(() => {}, 1000));
}`;

Deno.test("corral map --dashboard serves a live page while the run goes on, which tells of failed records", async () => {
  const child = corralCommand(["map", "-j1", "--dashboard", "-q", "-e", FAILING], {
    allow: ["--allow-run", "--allow-net=127.0.0.1"],
  }).spawn();
  const stderr = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("1\n2\n3\n4\n5\n"));
  let text = "";
  while (!text.includes("\n")) text += (await stderr.read()).value;
  const url = /^corral: live page: (http:\/\/127\.0\.0\.1:\d+\/\S+)\n/.exec(text)?.[1];
  const page = await fetch(url ?? "");
  assertEquals(page.status, 200);
  assertStringIncludes(await page.text(), "<html");
  const events = await fetch(url!.replace("/?", "/events?"), { signal: AbortSignal.timeout(60_000) });
  const told = events.body!.pipeThrough(new TextDecoderStream()).getReader();
  // It tells every second, until both records that fail were told of.
  let state = "";
  while (!/"items":\{"completed":2,"failed":2\}.*"failures":\[[^\]]*"count":2/.test(state)) {
    state += (await told.read()).value;
  }
  assertStringIncludes(
    state,
    '"failures":[{"name":"RangeError","shape":"number # is wrong","example":"number 2 is wrong"',
  );
  await told.cancel();
  child.kill("SIGKILL");
  await child.status;
  await Promise.all([stderr.cancel(), child.stdout.cancel(), writer.abort().catch(() => {})]);
});
