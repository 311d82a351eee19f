/** End-to-end tests of handles on their way between processes, and of who may use them. */
import { assert, assertEquals, assertInstanceOf, assertLess, assertRejects, assertStrictEquals } from "@std/assert";
import { EndOfStreamError, JoinableQueue, Pipe, Pool, ProtocolError, Queue, SimpleQueue } from "../../mod.ts";
import { REF } from "../../src/hub/handle.ts";
import { runProgram } from "../helpers/programs/program.ts";
import { assertServes, withPool } from "../helpers/pools/with_pool.ts";

const SHARE = import.meta.resolve("../fixtures/shared/share_objects.ts");
const FORGE = import.meta.resolve("../fixtures/attacks/forge_frames.ts");

type Share = typeof import("../fixtures/shared/share_objects.ts");
type Forge = typeof import("../fixtures/attacks/forge_frames.ts");

/** Enough for a pool inside a task. */
const NESTING: Deno.PermissionOptions = {
  run: [Deno.execPath()],
  read: true,
  env: ["DENO_DIR", "HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"],
};

Deno.test("Handles that arrive are of the classes that a task imports", () =>
  withPool<Share>({ workers: 1, module: SHARE }, async (pool) => {
    const handles = [new Queue(), new JoinableQueue(), new SimpleQueue(), Pipe()[0], {}];
    assertEquals(await pool.apply("classesOf", [handles]), [
      "Queue",
      "JoinableQueue",
      "SimpleQueue",
      "Connection",
      "none",
    ]);
  }));

Deno.test("Handles travel in arguments, results, queue items, errors and progress, and come back as themselves", () =>
  withPool<Share>({ workers: 2, module: SHARE }, async (pool) => {
    const queue = new Queue<unknown>();
    const back = await pool.apply((handles: { deep: Queue[] }) => new Map([["queue", handles.deep[0]]]), [{
      deep: [queue],
    }]);
    assertStrictEquals(back.get("queue"), queue);
    const made = await pool.apply("makeQueue", [[1, { two: 2 }]]);
    assertInstanceOf(made, Queue);
    assertEquals([await made.get(), await made.get()], [1, { two: 2 }]);
    // One worker's queue, used by another.
    await made.put("for another");
    assertEquals(await pool.map((queue: Queue) => queue.get(), [made]), ["for another"]);
    const failure = await pool.apply((queue: Queue) => {
      throw Object.assign(new Error("with a queue"), { queue });
    }, [queue]).catch((error) => error);
    assertStrictEquals(failure.queue, queue);
    const requests = new Queue<Queue<string>>();
    const answer = pool.apply("answerThrough", [requests]);
    await (await requests.get()).put("42");
    assertEquals(await answer, "42");
    const nested = new Queue<unknown>();
    await nested.put({ inner: queue });
    assertStrictEquals((await nested.get() as { inner: unknown }).inner, queue);
  }));

Deno.test("Pool refuses a worker's request about an object that was never sent to it, and kills that worker only", () =>
  withPool<Forge>({ workers: 2, module: FORGE }, async (pool, log) => {
    const secret = new Queue<string>();
    await secret.put("secret");
    const given = new Queue<string>();
    const victim = pool.apply("wait", [30]);
    await pool.apply((queue: Queue<string>) => queue.put("known"), [secret], { key: "elsewhere" }).catch(() => {});
    const { id } = given[REF];
    const request = JSON.stringify(["request", 1, id, "get", "", 0, null, 0, []]);
    await assertRejects(() => pool.apply("forge", [0, [request]]), ProtocolError, "never sent");
    assertEquals(await victim, "mine");
    await log.reached("violation", 1);
    assertEquals(log.of("violation").length, 1);
    await assertServes(pool);
  }));

const HOSTILE: Record<string, string> = {
  "a handle that was never sent": '["result",$ID,1,{"$":"handle","v":{"type":"Queue","id":"$UNKNOWN"}}]',
  "a handle that is malformed": '["result",$ID,1,{"$":"handle","v":7}]',
  "a handle of no type": '["result",$ID,1,{"$":"handle","v":{"type":"constructor","id":"x:1"}}]',
  "an answer to nothing": '["response",77,1,0,0,1]',
  "a release of what it was not sent": '["release","x:1",1,0]',
  "a request that is malformed": '["request",1,"x",7]',
};

Deno.test("Pool kills only the worker that sends a handle, an answer or a request that it must not", () =>
  withPool<Forge>({ workers: 2, module: FORGE }, async (pool, log) => {
    let sent = 0;
    for (const [what, frame] of Object.entries(HOSTILE)) {
      const { id } = new Queue()[REF];
      await assertRejects(
        () => pool.apply("forgeResult", [frame.replace("$UNKNOWN", id)]),
        ProtocolError,
        undefined,
        `it sends ${what}`,
      );
      await log.reached("violation", ++sent);
      await assertServes(pool);
      assertEquals([what, log.of("violation").length], [what, sent]);
    }
  }));

Deno.test("A task's own pool gets the task's queue; both puts arrive", () =>
  withPool<Share>({ workers: 1, module: SHARE, permissions: NESTING }, async (pool) => {
    const queue = new Queue<string>();
    assertEquals(await pool.apply("putFromBoth", [queue]), 1);
    assertEquals([await queue.get(), await queue.get()], ["child", "grandchild"]);
  }));

Deno.test("A grandchild that is killed while it waits takes nothing, and the next reader gets the item", () =>
  withPool<Share>({ workers: 1, module: SHARE, permissions: NESTING }, async (pool) => {
    const queue = new Queue<string>();
    await pool.apply("readBehind", [queue, new Queue<string>()]);
    await queue.put("item");
    assertEquals(await queue.get({ timeoutMs: 0 }), "item");
  }));

Deno.test("An idle worker's queue keeps the program alive for as long as that waits for it", () =>
  withPool<Share>({ workers: 1, module: SHARE }, async (pool) => {
    const queue = await pool.apply("makeQueue", [[]]);
    const get = queue.get();
    const size = queue.qsize();
    assertEquals(await size, 0);
    await queue.put("late");
    assertEquals(await get, "late");
  }));

Deno.test("Pool forgets 100 000 short-lived queues that tasks were sent, whether closed or dropped", async () => {
  const { stdout, stderr, code } = await runProgram(
    `
    const BATCH = 100, BATCHES = 1000;
    await using pool = new Pool({ workers: 1 });
    const use = async (queues) => {
      const items = await Promise.all(queues.map((queue) => queue.get()));
      queues.slice(items.length / 2).forEach((queue) => queue.close());
      return [items.length, Deno.memoryUsage().rss];
    };
    const sizes = [];
    for (let batch = 1; batch <= BATCHES; batch++) {
      const queues = Array.from({ length: BATCH }, () => new corral.Queue());
      for (const queue of queues) queue.put(batch);
      const [count, childRss] = await pool.apply(use, [queues]);
      if (count !== BATCH) throw new Error("some are missing");
      queues.slice(BATCH / 4).forEach((queue) => queue.close());
      if (batch % (BATCHES / 5) !== 0) continue;
      // Finalizers run after a collection, and what they free goes with the next one.
      for (let n = 0; n < 3; n++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      sizes.push([Deno.memoryUsage().heapUsed, childRss].map((bytes) => Math.round(bytes / 2 ** 20)));
    }
    console.log(JSON.stringify(sizes));
    `,
    { flags: [`--allow-run=${Deno.execPath()}`, "--v8-flags=--expose-gc"] },
  );
  assertEquals([code, stderr], [0, ""]);
  const sizes: number[][] = JSON.parse(stdout);
  // The worker collects when it likes. A leak would be some 150 MiB here, and 60 there.
  assertLess(sizes.at(-1)![0]! - sizes[0]![0]!, 60, `the program grows, MiB: ${stdout}`);
  assertLess(sizes.at(-1)![1]! - sizes[1]![1]!, 60, `the worker grows, MiB: ${stdout}`);
});

Deno.test("A worker serves all that is asked of it at once, however large the answers are", () =>
  withPool<Share>({ workers: 1, module: SHARE }, async (pool) => {
    const items = Array.from({ length: 20 }, (_, n) => `${n}`.repeat(600_000));
    const queue = await pool.apply("makeQueue", [items]);
    const lengths = await Promise.all(items.map(() => queue.get().then((item) => (item as string).length)));
    assertEquals(lengths, items.map(({ length }) => length));
  }));

Deno.test("Queue made by a worker ends when its pool is terminated", async () => {
  const pool = new Pool<Share>({ workers: 1, module: SHARE });
  const queue = await pool.apply("makeQueue", [[]]);
  const get = assertRejects(() => queue.get(), EndOfStreamError);
  await pool.terminate();
  await get;
  await assertRejects(() => queue.put(1), EndOfStreamError);
  assert(!queue.closed);
});
