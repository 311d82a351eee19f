/**
 * End-to-end tests of handles in messages that are never sent: their objects are let go at once, not when the messages are collected. Shown by
 * pipes, since one end learns at once that nobody has the other any more.
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Connection, Pipe, Pool, Process, Queue } from "../../mod.ts";
import { FakeBackend } from "../helpers/simulated/fake_backend.ts";
import type * as tasks from "../fixtures/shared/fail_to_send.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

const TASKS = import.meta.resolve("../fixtures/shared/fail_to_send.ts");

const takesAny = (..._: unknown[]): void => {};
/** What cannot travel. */
const UNSENDABLE = (): void => {};
const LARGE = "x".repeat(10_000);
/** What was put here stays. */
const KEPT = new Queue<unknown>();

/** A task that keeps the pool's one worker until the returned function is called. */
async function occupy(pool: Pool): Promise<() => Promise<void>> {
  const [begun, go] = [new Queue<string>(), new Queue<string>()];
  const wait = async (begun: Queue<string>, go: Queue<string>): Promise<void> => {
    await begun.put("begun");
    await go.get();
  };
  const task = pool.apply(wait, [begun, go]);
  await begun.get();
  return async () => {
    await go.put("go");
    await task;
  };
}

/** Each has a message with the end fail. */
const WAYS: Record<string, (end: Connection) => Promise<unknown>> = {
  "Pool.apply() of what cannot travel": (end) =>
    withPool({ workers: 1 }, (pool) => assertRejects(() => pool.apply(takesAny, [end, UNSENDABLE]))),
  "Pool.apply() of what is too large": (end) =>
    withPool({ workers: 1, maxFrameBytes: 8192 }, (pool) => assertRejects(() => pool.apply(takesAny, [end, LARGE]))),
  "Pool.map() of what cannot travel": (end) =>
    withPool({ workers: 1 }, (pool) => assertRejects(() => pool.map(takesAny, [[end, UNSENDABLE]]))),
  "Pool.map() of what is too large": (end) =>
    withPool({ workers: 1, maxFrameBytes: 8192 }, (pool) => assertRejects(() => pool.map(takesAny, [[end, LARGE]]))),
  "Pool.apply() on a backend without handles": async (end) => {
    const description = { name: "a fake", why: "it is one" };
    const backend = { description, takes: [], connect: (settings: never) => new FakeBackend(settings) };
    await using pool = new Pool({ backend });
    await assertRejects(() => pool.apply(takesAny, [end]));
  },
  "Pool.apply() with a signal that is aborted": (end) =>
    withPool(
      { workers: 1 },
      (pool) => assertRejects(() => pool.apply(takesAny, [end], { signal: AbortSignal.abort(new Error("no")) })),
    ),
  "Pool.apply() that is aborted while it waits": (end) =>
    withPool({ workers: 1 }, async (pool) => {
      const release = await occupy(pool);
      const controller = new AbortController();
      const task = pool.apply(takesAny, [end], { signal: controller.signal });
      controller.abort(new Error("no"));
      await assertRejects(() => task, Error, "no");
      await release();
    }),
  "Pool.imap() whose iterator is closed": (end) =>
    withPool({ workers: 1 }, async (pool) => {
      const release = await occupy(pool);
      await pool.imap(takesAny, [end]).return!();
      await release();
    }),
  "Pool.apply() whose worker cannot start": async (end) => {
    const module = "data:text/javascript,throw new Error('no')";
    await using pool = new Pool({ workers: 1, module });
    await assertRejects(() => pool.apply("any", [end]));
  },
  "Pool() with an initializer that cannot be had": (end) => {
    assertThrows(() => new Pool({ workers: 1, initArgs: [end], initializer: (() => {}).bind(null) }));
    return Promise.resolve();
  },
  "Pool() that starts no worker": (end) => withPool({ workers: 1, initArgs: [end], initializer: takesAny }, () => {}),
  "Pool() that starts no worker and is terminated": async (end) => {
    await new Pool({ workers: 1, initArgs: [end], initializer: takesAny }).terminate();
  },
  "Pool() whose workers cannot start": async (end) => {
    await using pool = new Pool({ workers: 2, initArgs: [end], initializer: takesAny, denoPath: "/nowhere/deno" });
    await assertRejects(() => pool.apply(takesAny, []));
  },
  "Pool.apply() of an error with a field that cannot travel": (end) =>
    withPool(
      { workers: 1 },
      (pool) => pool.apply(takesAny, [Object.assign(new Error("no"), { field: [end, UNSENDABLE] })]),
    ),
  "Process.start() with what cannot travel": async (end) => {
    await using process = new Process({ target: takesAny, args: [end, UNSENDABLE] });
    assertThrows(() => process.start());
  },
  "Process.start() where there is no Deno": async (end) => {
    await using process = new Process({ target: takesAny, args: [end], denoPath: "/nowhere/deno" });
    assertThrows(() => process.start());
  },
  "Queue.put() of what cannot travel": (end) => assertRejects(() => new Queue().put([end, UNSENDABLE])),
  "Queue.put() of an error with a field that cannot travel": (end) =>
    KEPT.put(Object.assign(new Error("no"), { field: [end, UNSENDABLE] })),
  "Queue.put() into a closed queue": async (end) => {
    const queue = new Queue();
    queue.close();
    await assertRejects(() => queue.put(end));
  },
  "Queue.putNowait() into a full queue": async (end) => {
    const queue = new Queue(1);
    await queue.put(1);
    await assertRejects(() => queue.putNowait(end));
  },
  "Queue.put() that is aborted while it waits for room": async (end) => {
    const queue = new Queue(1);
    await queue.put(1);
    const controller = new AbortController();
    const put = queue.put(end, { signal: controller.signal });
    controller.abort(new Error("no"));
    await assertRejects(() => put, Error, "no");
  },
  "Connection.send() of what cannot travel": async (end) => {
    const [, writer] = Pipe();
    await assertRejects(() => writer.send([end, UNSENDABLE]));
  },
  "Connection.send() to an end that is closed without reading it": async (end) => {
    const [reader, writer] = Pipe();
    await writer.send(end);
    reader.close();
  },
};

for (const [name, fail] of Object.entries(WAYS)) {
  Deno.test(`${name} lets go of the handle that it was to send`, async () => {
    const [end, other] = Pipe();
    await fail(end);
    assertEquals(await other.poll(), false, "its sender still has it");
    end.close();
    assertEquals(await other.poll(), true);
  });
}

Deno.test("Pool.terminate() lets go of the handles of tasks that waited", async () => {
  const [end, other] = Pipe();
  const pool = new Pool({ workers: 1 });
  const waiting = assertRejects(() => pool.apply(takesAny, [end]));
  await pool.terminate();
  await waiting;
  assertEquals(await other.poll(), false);
  end.close();
  assertEquals(await other.poll(), true);
});

const UNSENT = ["what cannot travel", "what is too large"] as const;
const THROWN = [
  ...UNSENT,
  "an error that is too large",
  "an error with a field that cannot travel",
  "an error with a cause that cannot travel",
] as const;

/** Each has a task fail to send the end that its worker made. */
const WAYS_OF_TASKS: Record<string, (pool: Pool<typeof tasks>) => Promise<unknown>> = {
  ...Object.fromEntries(UNSENT.flatMap((kind) => [
    [`A task that returns ${kind}`, (pool) => assertRejects(() => pool.apply("give", [kind]))],
    [`A task that reports ${kind}`, (pool) => assertRejects(() => pool.apply("report", [kind]))],
    [`A chunk that returns ${kind}`, (pool) => assertRejects(() => pool.map("give", [kind, kind], { chunkSize: 2 }))],
  ])),
  ...Object.fromEntries(THROWN.flatMap((kind) => [
    [`A task that throws ${kind}`, (pool) => assertRejects(() => pool.apply("throwIt", [kind]))],
    [
      `A chunk that throws ${kind}`,
      (pool) => assertRejects(() => pool.map("throwIt", [kind, kind], { chunkSize: 2 })),
    ],
  ])),
};

for (const [name, fail] of Object.entries(WAYS_OF_TASKS)) {
  Deno.test(`${name} leaves its worker the only one that has the handle`, () =>
    withPool<typeof tasks>({ workers: 1, module: TASKS, maxFrameBytes: 8192 }, async (pool) => {
      await fail(pool);
      assertEquals(await pool.apply("learnsOfClosing", []), [false, true]);
    }));
}

Deno.test("A chunk that returns the end beside what cannot travel sends it once", () =>
  withPool<typeof tasks>({ workers: 1, module: TASKS }, async (pool) => {
    const kinds = ["the end", "what cannot travel"];
    const [sent] = await pool.map("give", kinds, { chunkSize: 2, settle: true });
    assert(sent!.status === "fulfilled");
    (sent!.value as Connection).close();
    // An end that was sent belongs to those who got it.
    assertEquals(await pool.apply("learnsOfClosing", []), [true, true]);
  }));
