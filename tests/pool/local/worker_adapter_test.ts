// Policy, with a scripted fake worker: when the bytes of a task may be written over.
import { assertEquals } from "@std/assert";
import type { Completion, TaskRequest } from "../../../src/pool/backend.ts";
import { TaskRecord } from "../../../src/pool/local/task_record.ts";
import { WorkerAdapter, type WorkerAdapterContext } from "../../../src/pool/local/worker_adapter.ts";
import type { ConnectedWorker, ConnectedWorkerEvents } from "../../../src/worker/connected_worker.ts";

const nothing = (): void => {};

/** A worker that takes what is appended, and says what the test says. */
class FakeWorker {
  readonly adapter: WorkerAdapter;
  appendedBytes = 0;
  writtenBytes = 0;
  #events: ConnectedWorkerEvents | undefined;

  /** @param held The tasks that the scheduler has given it. */
  constructor(held: Map<number, TaskRecord>) {
    const process = {
      pid: 1,
      append: (_: string, parts: readonly Uint8Array[] = []) =>
        void (this.appendedBytes += 10 + (parts[0]?.length ?? 0)),
      flush: nothing,
      flushOutput: nothing,
      setReferenced: nothing,
      getWritten: () => this.writtenBytes,
      get writtenBytes() {
        return this.getWritten();
      },
      getAppended: () => this.appendedBytes,
      get appendedBytes() {
        return this.getAppended();
      },
    };
    const link = { questions: { waits: { watch: nothing, any: false } }, handles: undefined };
    this.adapter = new WorkerAdapter({
      scheduler: { answered: (_: unknown, id: number) => held.get(id) },
      slot: { index: 0, phase: "ready", held },
      start: (events: ConnectedWorkerEvents) => {
        this.#events = events;
        return { process, link, sayHello: nothing } as unknown as ConnectedWorker;
      },
      startTimeoutMs: Infinity,
      maxFrameBytes: 2 ** 20,
      functions: { of: () => 1 },
      listener: { spawned: nothing },
    } as unknown as WorkerAdapterContext);
  }

  /** Says that the task gave a number. */
  answer(task: TaskRecord): void {
    this.#events!.message(["result", task.id, 0, 7], []);
  }
}

function largeTask(steps: string[], parts = [new Uint8Array(100_000)]): TaskRecord {
  const told = { released: () => steps.push("released"), resolve: () => steps.push("resolve") };
  const request = {
    function: { kind: "export", name: "f" },
    payload: { text: "[]", tagged: false, parts },
    handles: [],
  };
  return new TaskRecord(request as unknown as TaskRequest, told as unknown as Completion);
}

/** What is told of a task that goes to one worker or two, of which the last answers. */
function stepsOf(
  workers: number,
  written: (worker: FakeWorker) => number,
  parts?: Uint8Array<ArrayBuffer>[],
): string[] {
  const steps: string[] = [];
  const task = largeTask(steps, parts);
  const all = Array.from({ length: workers }, () => new FakeWorker(new Map([[task.id, task]])));
  for (const worker of all) {
    worker.adapter.run([task], undefined);
    worker.writtenBytes = written(worker);
  }
  all.at(-1)!.answer(task);
  return steps;
}

Deno.test("a payload is released before the outcome when all of it has left", () => {
  assertEquals(stepsOf(1, ({ appendedBytes }) => appendedBytes), ["released", "resolve"]);
});

Deno.test("a payload is not released when it was answered before all had left", () => {
  assertEquals(stepsOf(1, ({ appendedBytes }) => appendedBytes - 1), ["resolve"]);
});

Deno.test("a payload is not released when another worker had it before, and may still get it", () => {
  assertEquals(stepsOf(2, ({ appendedBytes }) => appendedBytes), ["resolve"]);
});

Deno.test("a payload that leaves together with others is not released", () => {
  assertEquals(stepsOf(1, ({ appendedBytes }) => appendedBytes, []), ["resolve"]);
});
