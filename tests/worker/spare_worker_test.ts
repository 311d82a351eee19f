/** Unit tests of the worker that is started ahead. The processes are fakes: they end when the test says so. */
import { assertEquals } from "@std/assert";
import type { ConnectedWorker } from "../../src/worker/connected_worker.ts";
import { SpareWorker } from "../../src/worker/spare_worker.ts";

class FakeProcess {
  readonly #exit = Promise.withResolvers<void>();
  readonly ended = this.#exit.promise;
  killed = false;

  setReferenced(): void {}

  kill(): void {
    this.killed = true;
  }

  exit(): void {
    this.#exit.resolve();
  }

  get worker(): ConnectedWorker {
    return { process: this } as unknown as ConnectedWorker;
  }
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await undefined;
};

Deno.test("SpareWorker.end() waits also for one that is being ended already, as by its time", async () => {
  const [first, second] = [new FakeProcess(), new FakeProcess()];
  const spare = new SpareWorker();
  spare.put(() => first.worker, Infinity);
  const ending = spare.end();
  spare.put(() => second.worker, Infinity);
  let gone = false;
  const released = spare.end().then(() => gone = true);
  assertEquals([first.killed, second.killed], [true, true]);
  second.exit();
  await turns();
  assertEquals(gone, false);
  first.exit();
  await Promise.all([ending, released]);
  await spare.end();
});
