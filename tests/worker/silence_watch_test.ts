// Unit.
import { assertEquals } from "@std/assert";
import { SilenceWatch } from "../../src/worker/silence_watch.ts";
import type { after } from "../../src/timer.ts";

const PERIOD_MS = 2000;
const LOOK_MS = 50;

/** A worker that does what the test says, watched by a clock that the test moves. */
class Bench {
  receivedBytes = 0;
  isInFrame = false;
  isAwaited = false;
  isRead = true;
  readonly events: string[] = [];
  readonly watch: SilenceWatch;
  #due: { ms: number; fn: () => void } | undefined;

  constructor() {
    const start: typeof after = (ms, fn) => {
      this.#due = { ms, fn };
      return { cancel: () => this.#due = undefined, setReferenced: (on) => assertEquals(on, false) };
    };
    this.watch = new SilenceWatch({
      receivedBytes: () => this.receivedBytes,
      isInFrame: () => this.isInFrame,
      isRead: () => this.isRead,
      isAwaited: () => this.isAwaited,
      resume: () => this.events.push("resume"),
      giveUp: () => this.events.push("giveUp"),
    }, start);
  }

  /** Lets the time pass that the watch waits for. Returns how long that is. */
  pass(): number | undefined {
    const due = this.#due;
    this.#due = undefined;
    due?.fn();
    return due?.ms;
  }
}

Deno.test("SilenceWatch resumes a worker that is awaited and silent, in each period, and leaves all others alone", () => {
  const bench = new Bench();
  assertEquals([bench.pass(), bench.events], [PERIOD_MS, []]);
  bench.isAwaited = true;
  bench.pass();
  bench.pass();
  assertEquals(bench.events.splice(0), ["resume", "resume"]);
  bench.receivedBytes += 1;
  bench.pass();
  assertEquals(bench.events, []);
  bench.pass();
  bench.isAwaited = false;
  bench.pass();
  assertEquals(bench.events, ["resume"]);
});

Deno.test("SilenceWatch gives a worker up that leaves a message unfinished, awaited or not, and also one that drips", () => {
  for (const bytes of [0, 1, 32 * 1024 - 1]) {
    const bench = new Bench();
    bench.isInFrame = true;
    const step = (): number | undefined => {
      bench.receivedBytes += bytes;
      return bench.pass();
    };
    for (let n = 0; n < 5; n++) assertEquals(step(), PERIOD_MS);
    assertEquals([bench.pass(), bench.pass(), bench.pass()], [LOOK_MS, LOOK_MS, undefined]);
    assertEquals(bench.events.filter((event) => event !== "resume"), ["giveUp"]);
  }
});

Deno.test("SilenceWatch blames no worker for a message that this program does not read on", () => {
  const bench = new Bench();
  bench.isInFrame = true;
  bench.isRead = false;
  for (let n = 0; n < 20; n++) assertEquals(bench.pass(), PERIOD_MS);
  bench.isRead = true;
  for (let n = 0; n < 5; n++) bench.pass();
  // It printed too much only now.
  bench.isRead = false;
  assertEquals([bench.pass(), bench.pass(), bench.pass()], [LOOK_MS, LOOK_MS, PERIOD_MS]);
  assertEquals(bench.events.filter((event) => event !== "resume"), []);
});

Deno.test("SilenceWatch waits for a large message for as long as it grows", () => {
  const bench = new Bench();
  bench.isInFrame = true;
  for (let n = 0; n < 20; n++) {
    bench.receivedBytes += 32 * 1024;
    assertEquals(bench.pass(), PERIOD_MS);
  }
  assertEquals(bench.events, []);
});

Deno.test("SilenceWatch looks once more before it gives a worker up: its bytes may lie in the pipe", () => {
  for (
    const goesOn of [(bench: Bench) => bench.receivedBytes += 32 * 1024, (bench: Bench) => bench.isInFrame = false]
  ) {
    const bench = new Bench();
    bench.isInFrame = true;
    for (let n = 0; n < 6; n++) bench.pass();
    goesOn(bench);
    assertEquals(bench.pass(), LOOK_MS);
    assertEquals(bench.events.filter((event) => event !== "resume"), []);
    // From the beginning.
    assertEquals(bench.pass(), PERIOD_MS);
  }
});

Deno.test("SilenceWatch.end() ends it at any point", () => {
  for (let passes = 0; passes < 7; passes++) {
    const bench = new Bench();
    bench.isInFrame = true;
    for (let n = 0; n < passes; n++) bench.pass();
    bench.watch.end();
    bench.events.length = 0;
    assertEquals([bench.pass(), bench.events], [undefined, []]);
  }
});
