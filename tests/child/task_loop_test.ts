// Unit.
import { assertEquals } from "@std/assert";
import { TaskLoop } from "../../src/child/tasks/task_loop.ts";
import { singleTaskScope } from "../../src/child/tasks/task_scope.ts";
import { HEAD } from "../../src/wire/messages/lease.ts";
import type { CallItem } from "../../src/wire/messages/to_child.ts";

/** A task loop whose tasks take as many milliseconds as their argument says. */
class ClockedLoop {
  readonly sent: unknown[] = [];
  now = 1000;
  readonly #loop = new TaskLoop({
    module: { spend: (ms: number) => void (this.now += ms) },
    concurrency: 1,
    send: (text) => this.sent.push(JSON.parse(text).slice(0, 2)),
    scope: singleTaskScope(),
    now: () => this.now,
  });

  constructor() {
    this.#loop.receive(["function", 1, { kind: "export", name: "spend" }], []);
  }

  /** Tasks as `[id, milliseconds]`. Returns what was sent meanwhile. */
  run(repliesRead: number, ...tasks: [id: number, ms: number][]): unknown[] {
    this.sent.length = 0;
    this.#loop.receive(["run", repliesRead, tasks.map(([id, ms]): CallItem => [id, 1, 1, 0, [ms]])], []);
    return [...this.sent];
  }
}

const answers = (...ids: number[]): unknown[] => ids.map((id) => ["result", id]);

Deno.test("TaskLoop.receive() acknowledges a task when it had none, before it runs it", () => {
  const loop = new ClockedLoop();
  assertEquals(loop.run(HEAD, [1, 0]), [["started", 1], ...answers(1)]);
});

Deno.test("TaskLoop.receive() works through quick tasks, and gives the rest back when two answers take 3 ms", () => {
  const loop = new ClockedLoop();
  loop.run(HEAD, [1, 0]);
  loop.run(1, [2, 0]);
  assertEquals(
    loop.run(2, [3, 1], [4, 1], [5, 1], [6, 2.5], [7, 0], [8, 0]),
    [["started", 3], ...answers(3, 4, 5, 6), ["returned", [7, 8]]],
  );
});

Deno.test("TaskLoop.receive() gives back what was sent before a late answer was read", () => {
  const loop = new ClockedLoop();
  loop.run(HEAD, [1, 0]);
  loop.run(1, [2, 0]);
  loop.run(2, [3, 9]);
  assertEquals(loop.run(2, [4, 0], [5, 0]), [["returned", [4, 5]]]);
});

Deno.test("TaskLoop.receive() gives back what was sent before a return was read, although no answer was late since", () => {
  // The parent sent 3 behind 2, of which it did not know that it comes back. While nothing came from here it took 3 back.
  const loop = new ClockedLoop();
  loop.run(HEAD, [1, 9]);
  assertEquals(loop.run(0, [2, 0]), [["returned", [2]]]);
  assertEquals(loop.run(1, [3, 0]), [["returned", [3]]]);
  assertEquals(loop.run(3, [4, 0]), [["started", 4], ...answers(4)]);
});

Deno.test("TaskLoop.receive() gives back what was sent between a late answer and the return behind it", () => {
  const loop = new ClockedLoop();
  loop.run(HEAD, [1, 0]);
  assertEquals(loop.run(HEAD, [2, 9], [3, 0]), [["started", 2], ...answers(2), ["returned", [3]]]);
  assertEquals(loop.run(2, [4, 0]), [["returned", [4]]]);
});

Deno.test("TaskLoop.receive() always starts what comes as a head", () => {
  const loop = new ClockedLoop();
  loop.run(HEAD, [1, 9]);
  assertEquals(loop.run(HEAD, [2, 0]), [["started", 2], ...answers(2)]);
});
