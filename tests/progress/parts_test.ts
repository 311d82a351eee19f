// Unit tests of the parts of a bar.
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import {
  barLine,
  BottomLines,
  coloured,
  fit,
  plain,
  plainLine,
  terminalSize,
  widthOf,
  WorkCounter,
} from "../../src/progress/parts.ts";

Deno.test("WorkCounter's rate leaves out what was done before, and follows the last ten seconds", () => {
  const counter = new WorkCounter(0, 500);
  for (let at = 100; at <= 20_000; at += 100) counter.count(1, 0, at);
  assertEquals(counter.done, 700);
  assertEquals(Math.round(counter.rateAt(20_000)), 10);
  for (let at = 20_100; at <= 40_000; at += 100) counter.count(3, 1, at);
  assertEquals(Math.round(counter.rateAt(40_000)), 30);
  assertEquals(counter.failed, 200);
  assertEquals(counter.timeLeftAt(40_000, 1900), 20_000);
  counter.endedAt = 40_000;
  assertEquals(Math.round(counter.rateAt(99_000)), 20);
});

Deno.test("WorkCounter cannot tell the time left without a total or a rate", () => {
  const counter = new WorkCounter(0);
  assertEquals(counter.timeLeftAt(5, 10), undefined);
  counter.count(10, 0, 1000);
  assertEquals(counter.timeLeftAt(1000, undefined), undefined);
  assertEquals(counter.timeLeftAt(1000, 5), 0);
});

Deno.test("WorkCounter keeps the slowest item", () => {
  const counter = new WorkCounter(0);
  for (const [index, ms] of [5, 90, 20].entries()) counter.took(index, ms);
  assertEquals(counter.slowest, { index: 1, ms: 90 });
});

Deno.test("barLine() shows share, count, rate, time left and failures, and gives the bar what room there is", () => {
  const counter = new WorkCounter(0);
  counter.count(1250, 3, 10_000);
  const line = { counter, total: 5000, label: "thumbnails" };
  assertEquals(
    barLine(line, 10_000, 100, plain),
    "thumbnails   25% ━━━━━━━━━━──────────────────────────────  1,250/5,000  125/s  30 s left  3 failed",
  );
  assert(!barLine(line, 10_000, 50, plain).includes("━"));
  assertEquals(plainLine(line, 10_000), "thumbnails: 25%  1,250/5,000  125/s  30 s left  3 failed");
  counter.endedAt = 10_000;
  assertEquals(plainLine({ counter, more: ["2 busy"] }, 10_000), "corral: 1,250 items  125/s  10 s  3 failed  2 busy");
});

Deno.test("barLine() draws an empty bar for fewer items than none, as one that is counted back", () => {
  const counter = new WorkCounter(0);
  counter.count(-5, 0, 1000);
  assert(barLine({ counter, total: 10 }, 1000, 100, plain).startsWith(`  0% ${"─".repeat(40)}  `));
});

Deno.test("barLine() fits the columns that it was given, whatever the label", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), fc.integer({ min: 60, max: 200 }), (label, columns) => {
      const clean = label.replace(/[\p{C}\p{M}]/gu, "");
      const counter = new WorkCounter(0);
      counter.count(7, 0, 100);
      const line = barLine({ counter, total: 10, label: clean }, 100, columns, coloured);
      if (line.includes("━")) assertLessOrEqual(widthOf(line), columns);
    }),
  );
});

Deno.test("fit() cuts by what is seen, keeps colours whole, and ends them", () => {
  assertEquals(fit("abcdef", 6), "abcdef");
  assertEquals(fit("abcdefg", 6), "abcde…");
  assertEquals(fit("漢字漢字", 6), "漢字…");
  assertEquals(fit(`${coloured("red", "abc")}defg`, 5), "\x1b[31mabc\x1b[39md…\x1b[0m");
  fc.assert(fc.property(fc.string({ maxLength: 40 }), fc.integer({ min: 1, max: 30 }), (text, columns) => {
    assertLessOrEqual(widthOf(fit(text.replace(/\p{C}/gu, ""), columns)), columns);
  }));
});

Deno.test("terminalSize() takes a terminal that does not say how large it is for a usual one", () => {
  assertEquals(terminalSize(() => ({ columns: 0, rows: 0 })), { columns: 80, rows: 24 });
  assertEquals(terminalSize(() => ({ columns: 1, rows: 0 })), { columns: 1, rows: 24 });
  assertEquals(
    terminalSize(() => {
      throw new Error("it is none");
    }),
    { columns: 80, rows: 24 },
  );
});

/** A terminal that does what BottomLines writes: text, line ends, up, and clear to the end. */
class Screen {
  lines: string[] = [""];
  #row = 0;

  write(text: string): void {
    // deno-lint-ignore no-control-regex
    for (const part of text.split(/(\x1b\[\d*[AJ]|\r|\n)/)) {
      // deno-lint-ignore no-control-regex
      const up = /^\x1b\[(\d+)A$/.exec(part);
      if (up) this.#row -= Number(up[1]);
      else if (part === "\x1b[J") this.lines = [...this.lines.slice(0, this.#row), ""];
      else if (part === "\n") this.lines[++this.#row] ??= "";
      else if (part !== "\r") this.lines[this.#row] += part;
    }
  }
}

Deno.test("BottomLines keeps its lines below all that is printed, through any order of steps", () => {
  const step = fc.oneof(
    fc.record({ draw: fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 4 }) }),
    fc.record({ print: fc.constantFrom("x\n", "y\nz\n") }),
    fc.record({ around: fc.constantFrom("u\n", "v\nw\n") }),
  );
  fc.assert(fc.property(fc.array(step), (steps) => {
    const screen = new Screen();
    const lines = new BottomLines({ size: () => ({ columns: 20, rows: 10 }), write: (text) => screen.write(text) });
    let printed = "";
    let drawn: string[] = [];
    for (const one of steps) {
      if ("draw" in one) lines.draw(drawn = one.draw);
      else if ("print" in one) lines.printAbove(one.print), printed += one.print;
      else lines.around(() => screen.write(one.around)), printed += one.around;
    }
    assertEquals(screen.lines.join("\n"), printed + drawn.map((line) => `${line}\n`).join(""));
  }));
});

Deno.test("barLine() and plainLine() keep a label on one line, and its colours", () => {
  const counter = new WorkCounter(0);
  const line = { counter, label: "two\r\nlines\t\x1b[2K\x07", unit: "a\nb", more: ["c\nd", "\x1b[31mred\x1b[39m"] };
  const told = "0 a b  0/s  0 µs so far  0 failed  c d  \x1b[31mred\x1b[39m";
  assertEquals(barLine(line, 0, 80, plain), `two lines [2K  ${told}`);
  assertEquals(plainLine(line, 0), `two lines [2K: ${told}`);
});
