// Policy, with a scripted fake worker: when the bytes of a task may be written over.
import { assertEquals } from "@std/assert";
import type { Completion, TaskRequest } from "../../../src/pool/backend.ts";
import { TaskRecord } from "../../../src/pool/local/task_record.ts";
import { WorkerAdapter, type WorkerAdapterContext } from "../../../src/pool/local/worker_adapter.ts";
import { FrameBuffer } from "../../../src/wire/framing/frame_buffer.ts";
import type { ConnectedWorker, ConnectedWorkerEvents } from "../../../src/worker/connected_worker.ts";

const nothing = (): void => {};

/** A worker that takes what is appended, and says what the test says. */
class FakeWorker {
  readonly adapter: WorkerAdapter;
  appendedBytes = 0;
  writtenBytes = 0;
  #events: ConnectedWorkerEvents | undefined;

  /** What it was sent, in frames of at most so many bytes. */
  readonly texts: string[] = [];

  /** @param held The tasks that the scheduler has given it. */
  constructor(held: Map<number, TaskRecord>, maxFrameBytes = 2 ** 20, surroundings: object = {}) {
    const frames = new FrameBuffer(maxFrameBytes);
    const process = {
      pid: 1,
      append: (text: string, parts: readonly Uint8Array[] = []) => {
        frames.append(text, parts);
        this.texts.push(text);
        this.appendedBytes += 10 + (parts[0]?.length ?? 0);
      },
      flush: nothing,
      flushOutput: nothing,
      leaving: { watch: nothing },
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
      slot: { index: 0, phase: "ready", held: { byId: (id: number) => held.get(id), size: held.size } },
      start: (events: ConnectedWorkerEvents) => {
        this.#events = events;
        return { process, link, sayHello: nothing } as unknown as ConnectedWorker;
      },
      startTimeoutMs: Infinity,
      maxFrameBytes,
      functions: { of: () => 1 },
      listener: { spawned: nothing },
      ...surroundings,
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

Deno.test("calls that leave together fit a message, whatever it adds to them", () => {
  const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const call = (units: number, trace: string | undefined): TaskRecord => {
    const payload = { text: JSON.stringify(["€".repeat(units)]), tagged: false, parts: [] };
    const request = { function: { kind: "export", name: "f" }, payload, handles: [], trace };
    return new TaskRecord(request as unknown as TaskRequest, {} as unknown as Completion);
  };
  // About as long as two may be together, in characters of three bytes.
  for (let units = 1300; units < 1370; units++) {
    for (const [first, second] of [[undefined, undefined], [undefined, trace], [trace, trace]]) {
      const worker = new FakeWorker(new Map(), 8192);
      worker.adapter.run([call(units, first), call(units, second)], 1_000_000_000);
      const runs = worker.texts.filter((text) => text.startsWith('["run"'));
      assertEquals(runs.flatMap((text) => JSON.parse(text)[2]).length, 2);
    }
  }
});

Deno.test("a program that is held up takes no more than a step of the time in which a worker is to get ready", async () => {
  const told: string[] = [];
  const failed = Promise.withResolvers<void>();
  new FakeWorker(new Map(), undefined, {
    startTimeoutMs: 100,
    slot: { index: 0, phase: "starting", held: new Map() },
    scheduler: { startFailed: () => (told.push("failed"), failed.resolve()) },
    onTurn: nothing,
  });
  const begunAt = performance.now();
  while (performance.now() - begunAt < 200);
  await new Promise((resolve) => setTimeout(resolve, 0));
  told.push("a turn later");
  // The limit itself keeps no program alive.
  const alive = setInterval(nothing, 1000);
  await failed.promise;
  clearInterval(alive);
  assertEquals(told, ["a turn later", "failed"]);
});
