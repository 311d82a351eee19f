// Unit: whether a worker that was ended by SIGTERM ended together with its agent.
import { assertEquals } from "@std/assert";
import { CommonEnd } from "../../src/agent/common_end.ts";
import { WorkerExitError } from "../../src/corral.ts";
import { VirtualClock } from "../helpers/virtual_clock.ts";

const told = (signal: string): Error => new WorkerExitError("A worker ended", { signal });

/** One whose agent is told to end when the test says so, and what it did. */
class Stage {
  readonly clock = new VirtualClock();
  readonly steps: unknown[] = [];
  isEnding = false;
  readonly end: CommonEnd;

  constructor() {
    const control = { pause: () => this.steps.push("pause"), resume: () => this.steps.push("resume") };
    this.end = new CommonEnd({ control } as never, this.clock, () => this.isEnding);
  }

  judge(error: Error): void {
    this.end.judge(error, (ends) => this.steps.push(ends));
  }

  async pass(ms: number): Promise<void> {
    const until = this.clock.now() + ms;
    this.clock.after(ms, () => {});
    await this.clock.runUntil(() => this.clock.now() >= until, until + 1);
  }
}

Deno.test("CommonEnd.judge() waits for the agent's own signal, and has no task begin before all have heard", async () => {
  const stage = new Stage();
  stage.judge(told("SIGTERM"));
  await stage.pass(50);
  stage.judge(told("SIGTERM"));
  stage.isEnding = true;
  assertEquals(stage.steps, ["pause"]);
  await stage.pass(100);
  assertEquals(stage.steps, ["pause", true, true, "resume"]);
  stage.judge(told("SIGTERM"));
  assertEquals(stage.steps.at(-1), true, "it is known");
});

Deno.test("CommonEnd.judge() says of a worker that ended alone, or in another way, that it did", async () => {
  const stage = new Stage();
  stage.judge(told("SIGTERM"));
  await stage.pass(100);
  assertEquals(stage.steps.splice(0), ["pause", false, "resume"]);
  stage.isEnding = true;
  for (const error of [told("SIGKILL"), new Error("thrown")]) stage.judge(error);
  assertEquals(stage.steps, [false, false]);
});
