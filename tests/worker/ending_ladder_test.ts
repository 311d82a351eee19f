// Unit.
import { assertEquals } from "@std/assert";
import type { after } from "../../src/timer.ts";
import { EndingLadder } from "../../src/worker/ending_ladder.ts";

const STOP_GRACE_MS = 1000;
const KILL_GRACE_MS = 250;

/** A ladder whose steps are noted, with a clock that the test moves. */
class Bench {
  readonly steps: string[] = [];
  readonly ladder: EndingLadder;
  #due: { ms: number; fn: () => void } | undefined;

  constructor() {
    const start: typeof after = (ms, fn) => {
      const due = { ms, fn };
      this.#due = due;
      return { cancel: () => this.#due = this.#due === due ? undefined : this.#due, setReferenced: () => {} };
    };
    const note = (step: string) => (): void => void this.steps.push(step);
    const steps = { ask: note("ask"), signal: (signal: string) => note(signal)(), awaited: note("awaited") };
    this.ladder = new EndingLadder(steps, KILL_GRACE_MS, start);
  }

  /** Lets the time pass that the ladder waits for. Returns how long that is. */
  pass(): number | undefined {
    const due = this.#due;
    this.#due = undefined;
    due?.fn();
    return due?.ms;
  }
}

Deno.test("EndingLadder.stop() asks, and takes each harder step when the one before has not helped", () => {
  const bench = new Bench();
  bench.ladder.stop();
  assertEquals(bench.steps, ["ask", "awaited"]);
  assertEquals(bench.pass(), STOP_GRACE_MS);
  assertEquals(bench.steps.splice(0), ["ask", "awaited", "awaited", "SIGTERM"]);
  assertEquals(bench.pass(), KILL_GRACE_MS);
  assertEquals(bench.steps, ["SIGKILL"]);
  assertEquals(bench.pass(), undefined);
});

Deno.test("EndingLadder takes no step twice, and none back", () => {
  const bench = new Bench();
  bench.ladder.stop();
  bench.ladder.stop();
  bench.ladder.terminate();
  bench.ladder.terminate();
  bench.ladder.stop();
  assertEquals(bench.steps.splice(0), ["ask", "awaited", "awaited", "SIGTERM"]);
  // The second call has not put it off.
  assertEquals(bench.pass(), KILL_GRACE_MS);
  assertEquals(bench.steps, ["SIGKILL"]);
});

Deno.test("EndingLadder.kill() sends SIGKILL at once, and nothing follows", () => {
  const bench = new Bench();
  bench.ladder.terminate();
  bench.steps.length = 0;
  bench.ladder.kill();
  assertEquals([bench.steps, bench.pass()], [["SIGKILL"], undefined]);
});

Deno.test("EndingLadder.end() keeps all that would follow from happening", () => {
  const bench = new Bench();
  bench.ladder.stop();
  bench.steps.length = 0;
  bench.ladder.end();
  assertEquals(bench.pass(), undefined);
  bench.ladder.stop();
  bench.ladder.terminate();
  bench.ladder.kill();
  assertEquals(bench.steps, []);
});
