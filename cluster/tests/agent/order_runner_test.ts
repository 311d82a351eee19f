// Policy: an agent's runner with a scripted backend and store: a job that comes twice, a job that was lost, a store that fails.
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { AgentJob, JobEnd } from "../../src/bullmq/job_source.ts";
import type { Store } from "../../src/bullmq/engine.ts";
import { KnownClients } from "../../src/agent/known_clients.ts";
import { OrderRunner } from "../../src/agent/order_runner.ts";
import { PieceCache } from "../../src/agent/piece_cache.ts";
import {
  type Completion,
  decode,
  encode,
  type SpanReport,
  type TaskBackend,
  type TaskHandle,
  WorkerExitError,
} from "../../src/corral.ts";
import { type Letter, Sealer } from "../../src/message/letter.ts";
import { sealOrder } from "../../src/message/order.ts";
import { openOutcome } from "../../src/message/outcome.ts";
import { type Claim, type Piece, unpack } from "../../src/message/parcel.ts";
import { readSpans } from "../../src/client/outcome_reader.ts";
import { SECRET } from "../helpers/secret.ts";
import { VirtualClock } from "../helpers/virtual_clock.ts";

const HASH = "0".repeat(64);

/** A runner whose tasks end when the test says so. */
class Stage {
  readonly clock = new VirtualClock();
  readonly sealer = new Sealer(SECRET);
  /** What was handed to the workers. */
  readonly submitted: Completion[] = [];
  /** What was kept for the agent that gets a job next. */
  readonly kept = new Map<string, Letter>();
  storeError: Error | undefined;
  readonly pieces = new Map<string, Uint8Array>();
  /** Why the end of a task does not count. */
  objection: string | undefined;
  /** Whether a worker that is lost ended together with the agent. */
  endsTogether = false;
  startedAgain = 0;
  readonly runner: OrderRunner;

  constructor() {
    this.runner = new OrderRunner({
      ...{ name: "host-1", clock: this.clock, clockOffsetMs: 0, sealer: this.sealer, onRan: () => {} },
      backend: this.#backend(),
      commonEnd: { judge: (error, tell) => tell(this.endsTogether && error instanceof WorkerExitError) },
      fitness: { objectionToStart: () => undefined, objectionToEnd: () => this.objection },
      store: this.#store(),
      clients: new KnownClients(() => Promise.resolve(true), this.clock, 1000),
      cache: new PieceCache(1000),
    });
  }

  /** Has the runner run a job. */
  run(
    starts: number,
    retries = 1,
    value: { t: 0; x: string | [string, number] } = { t: 0, x: "[1]" },
  ): Promise<JobEnd> {
    const letter = sealOrder(this.sealer, {
      ...{ id: "c0-1", client: "c0", fn: { kind: "export", name: "f" }, retries, shelf: "s", value },
      expires: this.clock.epoch() + 1000,
    });
    const ignore = async (): Promise<void> => {};
    const job: AgentJob = {
      ...{ id: "c0-1", data: letter, starts, progress: ignore, log: ignore },
      startsAgain: async () => void await this.startedAgain++,
    };
    return this.runner.run(job);
  }

  /** What an end tells the client. */
  told(end: JobEnd): unknown {
    if (end.do !== "answer") return end;
    const outcome = openOutcome(this.sealer, "c0-1", end.letter)!;
    if (!("value" in outcome)) return outcome;
    const { text, tagged, parts } = unpack(outcome.value, new Map());
    return decode(JSON.parse(text), tagged, parts);
  }

  #backend(): TaskBackend {
    const cancel = (task: TaskHandle, reason: unknown): void =>
      this.submitted[task.id]!.reject(reason, "cancelled", undefined);
    const submit = (_request: unknown, completion: Completion): TaskHandle => ({
      id: this.submitted.push(completion) - 1,
    } as TaskHandle);
    return { submit, cancel, hasBegun: () => true } as unknown as TaskBackend;
  }

  #store(): Store {
    const fail = (): Promise<never> => Promise.reject(this.storeError ?? new Error("unexpected"));
    return {
      put: (shelf: string, pieces: readonly Piece[]) => {
        if (this.storeError !== undefined) return fail();
        for (const { hash, bytes } of pieces) this.pieces.set(`${shelf} ${hash}`, bytes);
        return Promise.resolve();
      },
      get: fail,
      drop: fail,
      keptAnswer: (name: string) => Promise.resolve(this.kept.get(name)),
      keepAnswer: (name: string, letter: Letter) => Promise.resolve(void this.kept.set(name, letter)),
    };
  }
}

Deno.test("OrderRunner.run() does not start a job that still runs here: both get the one answer", async () => {
  const stage = new Stage();
  const first = stage.run(1);
  await settle();
  const second = stage.run(2);
  await settle();
  assertEquals(stage.submitted.length, 1);
  stage.submitted[0]!.resolve(7, 1);
  assertEquals([stage.told(await first), stage.told(await second)], [7, 7]);
});

Deno.test("OrderRunner.lost() stops a task; what it says of its end is kept for no other agent", async () => {
  const stage = new Stage();
  const first = stage.run(1);
  await settle();
  const second = stage.run(2);
  await settle();
  stage.runner.lost(["c0-1"]);
  assertEquals((await first).do, "fail");
  stage.runner.refused("c0-1");
  assertEquals(stage.kept.size, 0);
  const { kind, reason } = stage.told(await second) as { kind: string; reason: string };
  assertEquals([kind, reason], ["refused", "stopping"]);
});

Deno.test("OrderRunner.run() answers with what was kept of the same order, and not of an earlier job with its id", async () => {
  const stage = new Stage();
  const first = stage.run(1);
  await settle();
  stage.submitted[0]!.resolve("first", 1);
  await first;
  stage.runner.refused("c0-1");
  await settle();
  assertEquals(stage.told(await stage.run(2)), "first");
  // The run is called again.
  await pass(stage.clock, 10);
  const again = stage.run(2);
  await settle();
  assertEquals(stage.submitted.length, 2);
  stage.submitted[1]!.resolve("second", 1);
  assertEquals(stage.told(await again), "second");
});

Deno.test("OrderRunner.run() tells no result of a worker that has other code", async () => {
  const stage = new Stage();
  stage.objection = "its files have changed";
  const first = stage.run(1);
  await settle();
  stage.submitted[0]!.resolve(7, 1);
  assertEquals(await first, { do: "giveBack" });
  const last = stage.run(2);
  await settle();
  stage.submitted[1]!.resolve(7, 1);
  const error = stage.told(await last) as Error & { taskStarted: boolean };
  assertStringIncludes(error.message, "that may have other code: its files have changed");
  assertEquals(error.taskStarted, true);
});

Deno.test("OrderRunner.run() gives a job back unstarted when what it needs cannot be fetched", async () => {
  const stage = new Stage();
  stage.storeError = new Error("the connection was lost");
  const told = stage.told(await stage.run(1, 0, { t: 0, x: [HASH, 5] })) as { reason: string; detail: string };
  assertEquals(told.reason, "piece");
  assertStringIncludes(told.detail, "the connection was lost");
  assertEquals(stage.submitted.length, 0);
});

Deno.test("OrderRunner.run() says so when a result cannot be put into the store: the task has run", async () => {
  const stage = new Stage();
  stage.storeError = new Error("OOM command not allowed");
  const end = stage.run(1);
  await settle();
  stage.submitted[0]!.resolve("x".repeat(100_000), 1);
  const error = stage.told(await end) as Error & { taskStarted: boolean };
  assertStringIncludes(error.message, "Cannot send the task's result: OOM command not allowed; the task has run");
  assertEquals(error.taskStarted, true);
});

Deno.test("OrderRunner.run() answers with few bytes, however much a task has traced, and all of it arrives", async () => {
  const stage = new Stage();
  const end = stage.run(1);
  await settle();
  const reports = Array.from({ length: 80 }, (_, index) => spanReport(index, "x".repeat(index === 3 ? 2 ** 21 : 1000)));
  for (const report of reports) stage.submitted[0]!.span!(report);
  stage.submitted[0]!.resolve("y".repeat(14_000), 1);
  const { letter } = await end as { letter: Letter };
  assert(letter.l.length < 16 * 1024, `${letter.l.length}`);
  const outcome = openOutcome(stage.sealer, "c0-1", letter) as never;
  const get = (shelf: string, [hash]: Claim) => Promise.resolve(stage.pieces.get(`${shelf} ${hash}`));
  // The most that travel, without the one that is too large.
  assertEquals(await readSpans(outcome, { get } as never), [...reports.slice(0, 3), ...reports.slice(4, 65)]);
  assertEquals(await readSpans(outcome, { get: () => Promise.resolve() } as never), []);
});

Deno.test("OrderRunner.run() answers without what a task has traced where the store does not take that", async () => {
  const stage = new Stage();
  stage.storeError = new Error("OOM command not allowed");
  const end = stage.run(1);
  await settle();
  for (let index = 0; index < 10; index++) stage.submitted[0]!.span!(spanReport(index, "x".repeat(1000)));
  stage.submitted[0]!.resolve(7, 1);
  assertEquals(stage.told(await end), 7);
});

Deno.test("OrderRunner.run() leaves out progress that cannot travel", async () => {
  const stage = new Stage();
  const end = stage.run(1);
  await settle();
  const unsendable = Symbol("not registered");
  assertThrows(() => encode(unsendable));
  stage.submitted[0]!.progress(unsendable);
  stage.submitted[0]!.resolve(1, 1);
  assertEquals(stage.told(await end), 1);
});

Deno.test("OrderRunner.run() tells what a task threw, also where that has no text", async () => {
  for (const thrown of [{ toString: 1 }, Object.assign(new Error("odd"), { stack: { toString: 1 } })]) {
    const stage = new Stage();
    const end = stage.run(1);
    await settle();
    stage.submitted[0]!.reject(thrown, "task", 1);
    assertEquals((await end).do, "answer");
  }
});

Deno.test("OrderRunner.run() gives a task back whose worker ended together with the agent, and rejects it without retries left", async () => {
  const lost = new WorkerExitError("Worker 7 was ended by SIGTERM", { taskStarted: true, signal: "SIGTERM" });
  const stage = new Stage();
  stage.endsTogether = true;
  const again = stage.run(1);
  await settle();
  stage.submitted[0]!.retried(lost, 2, 0);
  assertEquals(await again, { do: "giveBack" });
  assertEquals(stage.startedAgain, 0);

  const last = stage.run(1, 0);
  await settle();
  stage.submitted[1]!.reject(lost, "worker", undefined);
  const error = stage.told(await last) as WorkerExitError;
  assertEquals([error.name, error.taskStarted, error.signal], ["WorkerExitError", true, "SIGTERM"]);
  assertStringIncludes(
    error.message,
    "its agent host-1 was told to end, and its workers with it; the task had started",
  );
});

Deno.test("OrderRunner.run() has a task tried again whose worker ended alone", async () => {
  const stage = new Stage();
  const end = stage.run(1);
  await settle();
  stage.submitted[0]!.retried(new WorkerExitError("ended", { signal: "SIGTERM" }), 2, 0);
  stage.submitted[0]!.resolve(7, 1);
  assertEquals([stage.told(await end), stage.startedAgain], [7, 1]);
});

function spanReport(index: number, text: string): SpanReport {
  return {
    ...{ id: index.toString(16).padStart(16, "0"), parent: "", name: `span ${index}`, kind: 0, start: 1, end: 2 },
    ...{ attributes: { text }, events: [], status: { code: 0 } },
  };
}

async function pass(clock: VirtualClock, ms: number): Promise<void> {
  clock.after(ms, () => {});
  await clock.runUntil(() => clock.now() >= ms, ms + 1);
}

/** Lets what can go on without the clock do so. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await undefined;
}
