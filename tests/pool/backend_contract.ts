/**
 * The contract of `TaskBackend`: what every implementation must do. Each runs it in a test file of its own: `backendContract("…", subject)`.
 *
 * It asks for nothing but exports of `tests/fixtures/tasks/contract_tasks.ts`, so that a backend whose workers are on another machine can run it, too.
 */
import { assert, assertEquals, assertFalse, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { TaskTimeoutError } from "../../src/errors.ts";
import type {
  ChunkMode,
  ChunkResult,
  Completion,
  FailureKind,
  TaskBackend,
  TaskRequest,
} from "../../src/pool/backend.ts";
import { decode, encode } from "../../src/wire/codec/codec.ts";
import type { FunctionSpec } from "../../src/wire/protocol.ts";
import { within } from "../helpers/simulated/clock.ts";
import { SharingTests } from "../helpers/pools/shared_pool.ts";

/** One backend to be tested. */
export interface ContractSubject {
  /** Opens a fresh backend whose workers have `contract_tasks.ts`. Closed by the contract; `release()` gives back what else it needed. */
  open(): Promise<{ readonly backend: TaskBackend; release?(): Promise<void> }>;
  /** Whether this machine lacks what it needs. @default false */
  readonly ignore?: boolean;
  /** How it is told of an export. @default by its name */
  spec?(name: string): FunctionSpec;
}

const LIMIT_MS = 60_000;

/** Notes what a backend tells of one request. */
class Told implements Completion {
  readonly steps: string[] = [];
  readonly reports: unknown[] = [];
  readonly settled = Promise.withResolvers<void>();
  readonly begin = Promise.withResolvers<void>();
  value: unknown;
  error: unknown;
  kind: FailureKind | undefined;

  sent(): void {
    this.#step("sent");
  }
  begun(): void {
    this.#step("begun");
    this.begin.resolve();
  }
  returned(): void {
    this.#step("returned");
  }
  retried(): void {
    this.#step("retried");
  }
  progress(value: unknown): void {
    this.#step("progress");
    this.reports.push(value);
  }
  resolve(value: unknown): void {
    this.value = value;
    this.#end("resolve");
  }
  reject(error: unknown, kind: FailureKind): void {
    this.error = error;
    this.kind = kind;
    this.#end("reject");
  }
  #step(step: string): void {
    assert(!this.steps.includes("resolve") && !this.steps.includes("reject"), `${step} behind ${this.steps}`);
    this.steps.push(step);
  }
  #end(step: string): void {
    this.#step(step);
    this.settled.resolve();
  }
}

/** Runs the contract against one backend. */
export function backendContract(name: string, subject: ContractSubject): void {
  const spec = subject.spec ?? ((name: string): FunctionSpec => ({ kind: "export", name }));

  const request = (fn: string, args: unknown[], traits: Partial<TaskRequest> = {}): TaskRequest => {
    const payload = encode(args);
    return {
      function: spec(fn),
      payload,
      handles: [],
      chunk: undefined,
      byteLength: payload.text.length,
      priority: 0,
      key: undefined,
      timeoutMs: undefined,
      retries: 0,
      trace: undefined,
      ...traits,
    };
  };

  const chunk = (fn: string, items: unknown[], mode: Partial<ChunkMode> = {}): TaskRequest =>
    request(fn, items, { chunk: { size: items.length, spread: false, stopOnError: false, ...mode } });

  const withBackend = async (body: (backend: TaskBackend) => Promise<void>): Promise<void> => {
    const { backend, release } = await subject.open();
    try {
      await body(backend);
    } finally {
      backend.terminate(() => new Error("the end of the test"), "terminate");
      await within(LIMIT_MS, () => backend.ended);
      await release?.();
    }
  };

  const ignore = subject.ignore === true;
  const shared = new SharingTests(name, withBackend, ignore);
  const rule = (title: string, body: (backend: TaskBackend) => Promise<void>): void =>
    shared.test(`${name}: ${title}`, (backend) => within(LIMIT_MS, () => body(backend)));
  const lastRule = (title: string, body: (backend: TaskBackend) => Promise<void>): void =>
    Deno.test(`${name}: ${title}`, { ignore }, () => withBackend((backend) => within(LIMIT_MS, () => body(backend))));

  const outcome = async (backend: TaskBackend, what: TaskRequest): Promise<Told> => {
    const told = new Told();
    backend.submit(what, told);
    await told.settled.promise;
    return told;
  };

  rule("submit() tells nothing before it returns, then the life of the request, then one outcome", async (backend) => {
    const told = new Told();
    const what = request("square", [7], { trace: "" });
    const handle = backend.submit(what, told);
    assertEquals(told.steps, []);
    assertEquals(decode(JSON.parse(handle.request.payload.text), handle.request.payload.tagged, []), [7]);
    await told.settled.promise;
    assertEquals(told.value, 49);
    assertEquals(told.steps.filter((step) => step !== "sent"), ["begun", "resolve"]);
  });

  rule("submit() takes a request that has been through JSON", async (backend) => {
    const what = JSON.parse(JSON.stringify(request("square", [3])));
    assertEquals((await outcome(backend, { ...what, chunk: undefined })).value, 9);
  });

  rule("settles each of many requests once, in whatever order", async (backend) => {
    const all = Array.from({ length: 300 }, (_, index) => index);
    const told = await Promise.all(all.map((index) => outcome(backend, request("square", [index]))));
    assertEquals(told.map(({ value }) => value), all.map((index) => index * index));
    for (const { steps } of told) assertEquals(steps.filter((step) => step === "resolve").length, 1);
  });

  rule("rejects with what the task threw, as the task's fault", async (backend) => {
    const { error, kind } = await outcome(backend, request("fail", ["too bad"]));
    assertInstanceOf(error, RangeError);
    assertEquals([error.message, kind], ["too bad", "task"]);
  });

  rule(
    "runs the items of a chunk and tells which failed, stops at an error or spreads as it is told",
    async (backend) => {
      const run = async (fn: string, items: unknown[], mode?: Partial<ChunkMode>): Promise<ChunkResult> =>
        (await outcome(backend, chunk(fn, items, mode))).value as ChunkResult;
      const { values, errors, durationMs } = await run("even", [0, 1, 2, 3]);
      assertEquals(values, [0, undefined, 2, undefined]);
      assertEquals(errors.map(([index, error]) => [index, (error as Error).message]), [[1, "1 is odd"], [
        3,
        "3 is odd",
      ]]);
      assert(durationMs >= 0);
      const stopped = await run("even", [0, 1, 2, 3], { stopOnError: true });
      assertEquals([stopped.values.length, stopped.errors.length], [2, 1]);
      assertEquals((await run("square", [[2], [3]], { spread: true })).values, [4, 9]);
    },
  );

  rule("cancel() rejects a request that waits before it returns, and it never begins", async (backend) => {
    const blockers = Array.from({ length: Math.max(1, backend.capacity) * 2 }, () => new Told());
    const handles = blockers.map((told) => backend.submit(request("hold", [], { trace: "" }), told));
    await blockers[0]!.begin.promise;
    const told = new Told();
    const reason = new Error("not wanted");
    const handle = backend.submit(request("square", [1], { trace: "" }), told);
    assertFalse(backend.hasBegun(handle));
    backend.cancel(handle, reason);
    assertEquals([told.steps.at(-1), told.kind], ["reject", "cancelled"]);
    assertStrictEquals(told.error, reason);
    for (const blocker of handles) backend.cancel(blocker, reason);
    assertEquals((await outcome(backend, request("square", [5]))).value, 25);
    assertFalse(told.steps.includes("begun"));
  });

  rule("cancel() rejects a request that runs before it returns, and others are served afterwards", async (backend) => {
    const told = new Told();
    const handle = backend.submit(request("hold", [], { trace: "" }), told);
    await told.begin.promise;
    assert(backend.hasBegun(handle) && backend.isSent(handle));
    backend.cancel(handle, "enough");
    assertEquals([told.error, told.kind], ["enough", "cancelled"]);
    assertFalse(backend.hasBegun(handle) || backend.isSent(handle));
    backend.cancel(handle, "again");
    assertEquals(told.error, "enough");
    assertEquals((await outcome(backend, request("square", [5]))).value, 25);
  });

  rule("rejects what runs longer than its limit", async (backend) => {
    const { error, kind } = await outcome(backend, request("hold", [], { timeoutMs: 50 }));
    assertInstanceOf(error, TaskTimeoutError);
    assertEquals([error.timeoutMs, kind], [50, "timeout"]);
    assertEquals((await outcome(backend, request("square", [5]))).value, 25);
  });

  rule("tells of progress as far as it says that it can, and of the last value always", async (backend) => {
    const { value, reports } = await outcome(backend, request("report", [200]));
    const all = Array.from({ length: 200 }, (_, index) => index);
    assertEquals(value, 200);
    if (backend.abilities.progress === "live") return assertEquals(reports, all);
    assertEquals(reports.at(-1), 199);
    assertEquals(reports, all.filter((index) => reports.includes(index)));
  });

  rule("finds a request again by its run's id, if it says that it can", async (backend) => {
    const run = backend.abilities.runIds ? { runId: `contract-${crypto.randomUUID()}` } : {};
    const first = await outcome(backend, request("unique", [6], run));
    const again = await outcome(backend, request("unique", [6], run));
    const other = await outcome(backend, request("unique", [7], run));
    assertEquals([first.kind, again.kind, other.kind], [undefined, undefined, undefined]);
    assertEquals(first.value === again.value, backend.abilities.runIds);
    assert(first.value !== other.value);
  });

  rule("says how much work it wants", async (backend) => {
    await backend.ready();
    assert(backend.capacity >= 1 && backend.backlog >= 1);
    if (backend.chunkGoal !== undefined) assert(backend.chunkGoal.ms > 0 && backend.chunkGoal.bytes > 0);
    await backend.flushed();
    for (const { state } of backend.workers()) assert(["starting", "idle", "busy", "stopping"].includes(state));
    assertEquals(backend.broken, undefined);
  });

  lastRule("close() lets what was submitted finish, and then ends", async (backend) => {
    const told = [1, 2, 3, 4, 5].map((x) => {
      const told = new Told();
      backend.submit(request("square", [x]), told);
      return told;
    });
    backend.close();
    await backend.ended;
    assertEquals(told.map(({ value }) => value), [1, 4, 9, 16, 25]);
  });

  lastRule(
    "terminate() rejects all that has not settled, each with an error of its own, and then ends",
    async (backend) => {
      const told = Array.from({ length: 10 }, () => new Told());
      for (const one of told) backend.submit(request("hold", [], { trace: "" }), one);
      await Promise.race(told.map(({ begin }) => begin.promise));
      backend.terminate(() => new Error("the end"), "kill");
      await backend.ended;
      for (const { error, kind } of told) assertEquals([(error as Error).message, kind], ["the end", "cancelled"]);
      assertEquals(new Set(told.map(({ error }) => error)).size, 10);
    },
  );
}
