// Unit.
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { LoadedModule } from "../../src/child/tasks/functions.ts";
import { task } from "../../src/child/mod.ts";
import { WorkerLife } from "../../src/child/worker_life.ts";
import { HEAD } from "../../src/wire/messages/lease.ts";
import { PROTOCOL_VERSION, type WorkerSettings } from "../../src/wire/protocol.ts";
import { VERSION } from "../../src/wire/version.ts";
import { MemoryParent, SETTINGS } from "../helpers/simulated/memory_parent.ts";

const module: LoadedModule = {
  double: (n: number) => 2 * n,
  taskId: () => `${task.workerId}/${task.attempt}`,
};

function makeLife(
  { load = () => Promise.resolve(module), protocol = PROTOCOL_VERSION, ...settings }:
    & { load?: () => Promise<LoadedModule>; protocol?: number }
    & Partial<WorkerSettings>,
) {
  const parent = new MemoryParent(load);
  const hello = { protocol, version: VERSION, settings: { ...SETTINGS, ...settings } };
  return { parent, life: new WorkerLife(parent.surroundings, hello) };
}

Deno.test("WorkerLife.begin() says hello, then ready, and works on what came meanwhile only then", async () => {
  const loaded = Promise.withResolvers<LoadedModule>();
  const { parent, life } = makeLife({ load: () => loaded.promise });
  const begun = life.begin([]);
  life.receive(["function", 1, { kind: "export", name: "double" }], []);
  life.receive(["run", HEAD, [[1, 1, 1, 0, [21]]]], []);
  assertEquals(parent.streams.written.all(), [["hello", PROTOCOL_VERSION, VERSION]]);
  assert(!life.isIdle);
  loaded.resolve(module);
  await begun;
  assertEquals(parent.streams.written.all(), [["ready"], ["started", 1], ["result", 1, 0, 42]]);
  assert(life.isIdle);
});

Deno.test("WorkerLife.begin() runs the initializer with its arguments before it is ready", async () => {
  const calls: unknown[] = [];
  const load = () => Promise.resolve({ prepare: (...args: unknown[]) => void calls.push(args) });
  const { parent, life } = makeLife({ load, initializer: { kind: "export", name: "prepare" } });
  await life.begin([1, "two"]);
  assertEquals(calls, [[1, "two"]]);
  assertEquals(parent.streams.written.all()[1], ["ready"]);
});

Deno.test("WorkerLife.begin() says what failed, and drops what came meanwhile", async () => {
  const { parent, life } = makeLife({ load: () => Promise.reject(new TypeError("no such module")) });
  const begun = life.begin([]);
  life.receive(["run", HEAD, [[1, 1, 1, 0, [21]]]], []);
  await begun;
  const [, failed, ...others] = parent.streams.written.all();
  assertEquals(failed!.slice(0, 2), ["failed", 1]);
  assertMatch(JSON.stringify(failed), /no such module/);
  assertEquals(others, []);
});

Deno.test("WorkerLife.begin() says that what failed is too large to be told", async () => {
  const load = () => Promise.reject(new TypeError("long ".repeat(5000)));
  const { parent, life } = makeLife({ load, maxFrameBytes: 8192 });
  await life.begin([]);
  const [, failed, ...others] = parent.streams.written.all();
  assertEquals(failed!.slice(0, 2), ["failed", 1]);
  assertMatch(JSON.stringify(failed), /PayloadTooLargeError.*at most 8192 are allowed/);
  assertEquals(others, []);
});

Deno.test("WorkerLife.begin() fails when the parent speaks another protocol", async () => {
  const { parent, life } = makeLife({ protocol: PROTOCOL_VERSION + 1 });
  await life.begin([]);
  assertMatch(JSON.stringify(parent.streams.written.all()[1]), /both must load the same version/);
});

for (const concurrency of [1, 2]) {
  Deno.test(`WorkerLife tells tasks who they are, ${concurrency} at once`, async () => {
    const { parent, life } = makeLife({ concurrency, workerId: 3 });
    await life.begin([]);
    life.receive(["function", 1, { kind: "export", name: "taskId" }], []);
    life.receive(["run", HEAD, [[8, 1, 2, 0, []]]], []);
    assertEquals(parent.streams.written.all().at(-1), ["result", 8, 0, "3/2"]);
  });
}

Deno.test("WorkerLife watches the idle process once it is ready", async () => {
  const { parent, life } = makeLife({});
  assertEquals(parent.idlenessWatches, 0);
  await life.begin([]);
  assertEquals(parent.idlenessWatches, 1);
});

Deno.test("WorkerLife watches the idle process when it has said that it is ready, before a task begins", async () => {
  const { surroundings, streams } = new MemoryParent(() => Promise.resolve(module));
  const before: unknown[][] = [];
  const watches = { ...surroundings.watches, idleness: () => void before.push(...streams.written.all()) };
  const hello = { protocol: PROTOCOL_VERSION, version: VERSION, settings: SETTINGS };
  const life = new WorkerLife({ ...surroundings, watches }, hello);
  const begun = life.begin([]);
  life.receive(["function", 1, { kind: "export", name: "double" }], []);
  life.receive(["run", HEAD, [[1, 1, 1, 0, [21]]]], []);
  await begun;
  assertEquals(before.at(-1), ["ready"]);
  assertEquals(streams.written.all(), [["started", 1], ["result", 1, 0, 42]]);
});

Deno.test("WorkerLife that cannot watch what tasks leave behind is ready all the same, says so, and works", async () => {
  const { surroundings, streams } = new MemoryParent(() => Promise.resolve(module));
  const fail = () => {
    throw new TypeError("no listening here");
  };
  for (const watches of [{ uncaught: fail }, { idleness: fail }]) {
    const hello = { protocol: PROTOCOL_VERSION, version: VERSION, settings: SETTINGS };
    const life = new WorkerLife({ ...surroundings, watches: { ...surroundings.watches, ...watches } }, hello);
    streams.written.all();
    const begun = life.begin([]);
    life.receive(["function", 1, { kind: "export", name: "double" }], []);
    life.receive(["run", HEAD, [[1, 1, 1, 0, [21]]]], []);
    await begun;
    const [, ready, printed, ...others] = streams.written.all();
    assertEquals(ready, ["ready"]);
    assertMatch(
      JSON.stringify(printed),
      /corral: cannot watch for what tasks leave behind: TypeError: no listening here/,
    );
    assertEquals(others, [["started", 1], ["result", 1, 0, 42]]);
  }
});

Deno.test("WorkerLife.parentEnded() ends the process", () => {
  const { parent, life } = makeLife({});
  life.parentEnded();
  assertEquals(parent.exits, [0]);
});
