/** Unit tests of the queue of waiters, against a list as its model. */
import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { ClosedError, TimeoutError } from "../../mod.ts";
import { RemoteWait, WaitQueue } from "../../src/hub/wait_queue.ts";

const OWNER = { process: "", task: 0 };

type Command =
  | { kind: "enter"; process: number; remote: boolean }
  | { kind: "grant" }
  | { kind: "abort"; index: number }
  | { kind: "drop"; process: number }
  | { kind: "grantAll"; process: number }
  | { kind: "rejectAll" };

const process = fc.nat({ max: 2 });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("enter" as const), process, remote: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ kind: "grant" as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("abort" as const), index: fc.nat({ max: 20 }) }) },
  fc.record({ kind: fc.constant("drop" as const), process }),
  fc.record({ kind: fc.constant("grantAll" as const), process }),
  fc.constant({ kind: "rejectAll" as const }),
);

Deno.test("WaitQueue settles each waiter once, in order, by whatever comes first", () => {
  fc.assert(fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
    const queue = new WaitQueue<number>();
    const ends: string[][] = [];
    const model: { id: number; process: string }[] = [];
    const expected: string[][] = [];
    const aborts: (() => void)[] = [];
    let granted = 0;
    const settle = (matches: (process: string) => boolean, end: (id: number) => string): void => {
      for (const one of model.filter(({ process }) => matches(process))) {
        expected[one.id]!.push(end(one.id));
        model.splice(model.indexOf(one), 1);
      }
    };
    for (const command of commands) {
      if (command.kind === "enter") {
        const id = ends.push([]) - 1;
        expected.push([]);
        const name = `p${command.process}`;
        const wait = command.remote ? new RemoteWait(null) : { signal: undefined as AbortSignal | undefined };
        const controller = new AbortController();
        if (!(wait instanceof RemoteWait)) wait.signal = controller.signal;
        aborts.push(() => wait instanceof RemoteWait ? wait.cancel() : controller.abort());
        queue.enter({ process: name, task: 0 }, wait, {
          resolve: (value) => void ends[id]!.push(`value ${value}`),
          reject: (_error, end) => void ends[id]!.push(end),
        });
        model.push({ id, process: name });
      } else if (command.kind === "grant") {
        const value = ++granted;
        const caller = queue.serve(value);
        assertEquals(caller?.process, model[0]?.process);
        const first = model.shift();
        if (first !== undefined) expected[first.id]!.push(`value ${value}`);
      } else if (command.kind === "abort") {
        aborts[command.index]?.();
        const index = model.findIndex(({ id }) => id === command.index);
        if (index >= 0) expected[model.splice(index, 1)[0]!.id]!.push("abort");
      } else if (command.kind === "drop") {
        queue.dropProcess((name) => name === `p${command.process}`);
        settle((name) => name === `p${command.process}`, () => "ended");
      } else if (command.kind === "grantAll") {
        queue.serveWhere((caller) => caller.process === `p${command.process}`, -1);
        settle((name) => name === `p${command.process}`, () => "value -1");
      } else {
        queue.rejectAll();
        settle(() => true, () => "closed");
      }
      assertEquals(queue.size, model.length);
      assertEquals(queue.peek()?.process, model[0]?.process);
    }
    assertEquals(ends, expected);
  }));
});

Deno.test("WaitQueue.wait() rejects without waiting when the signal is aborted already", async () => {
  const queue = new WaitQueue<void>();
  await assertRejects(() => queue.wait(OWNER, { signal: AbortSignal.abort(new Error("before")) }), Error, "before");
  assertEquals(queue.size, 0);
});

Deno.test("WaitQueue.wait() does not wait for 0 ms or less, and not longer than asked", async () => {
  const queue = new WaitQueue<void>();
  for (const timeoutMs of [0, -1, 5]) await assertRejects(() => queue.wait(OWNER, { timeoutMs }), TimeoutError);
  assertEquals(queue.size, 0);
});

Deno.test("WaitQueue.wait() leaves no timer and no listener behind when it was served", async () => {
  const queue = new WaitQueue<string>();
  const controller = new AbortController();
  const wait = queue.wait(OWNER, { timeoutMs: 60_000, signal: controller.signal });
  queue.serve("yes");
  controller.abort();
  assertEquals(await wait, "yes");
});

Deno.test("WaitQueue.rejectAll() rejects with the error that is made for each", async () => {
  const queue = new WaitQueue<void>();
  const waits = ["a", "b"].map((process) => queue.wait({ process, task: 0 }));
  queue.rejectAll(({ process }) => new ClosedError(process));
  assertEquals((await Promise.allSettled(waits)).map((one) => (one as PromiseRejectedResult).reason.message), [
    "a",
    "b",
  ]);
});
