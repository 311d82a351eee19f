// End-to-end: a wait that ends by its time says what has not come, and what to do.
import { assert, assertEquals } from "@std/assert";
import { asCompleted, Barrier, JoinableQueue, Lock, Pipe, Pool, RLock, Semaphore } from "../../mod.ts";
import { withExecutor } from "../helpers/pools/with_executor.ts";

const AGAIN = 'even after 5 ms; wait again, or with a longer "timeoutMs"';
const forEver = () => new Promise(() => setInterval(() => {}, 1000));

async function messageOf(wait: Promise<unknown>): Promise<string> {
  return await wait.then(() => "it came", (error) => error.message);
}

Deno.test("waits for shared objects say what was not to be had, here and in a worker", async () => {
  const [lock, rlock, none] = [new Lock(), new RLock(), new Semaphore(0)];
  const queue = new JoinableQueue<number>(1);
  const [connection, other] = Pipe<number>();
  await lock.acquire();
  await rlock.acquire();
  assertEquals(
    await messageOf(lock.acquire({ timeoutMs: 5 })),
    `Cannot acquire the lock: somebody else has it, ${AGAIN}`,
  );
  assertEquals(
    await messageOf(lock.acquire({ timeoutMs: 0 })),
    'Cannot acquire the lock: somebody else has it, and "timeoutMs" says not to wait',
  );
  assertEquals(
    await messageOf(none.acquire({ timeoutMs: 5 })),
    `Cannot acquire the semaphore: all that it has is taken, ${AGAIN}`,
  );
  assertEquals(await messageOf(queue.get({ timeoutMs: 5 })), `Cannot get: the queue is empty, ${AGAIN}`);
  await queue.put(1);
  assertEquals(await messageOf(queue.put(2, { timeoutMs: 5 })), `Cannot put: the queue is full, ${AGAIN}`);
  assertEquals(
    await messageOf(queue.join({ timeoutMs: 5 })),
    `Cannot join the queue: taskDone() was not called for all of its items, ${AGAIN}`,
  );
  assertEquals(await messageOf(connection.recv({ timeoutMs: 5 })), `Cannot receive: no message has come, ${AGAIN}`);
  assertEquals(
    await messageOf(new Barrier(2).wait({ timeoutMs: 5 })),
    "Cannot pass the barrier: a party waited too long, reset() makes it whole again",
  );
  await using pool = new Pool({ workers: 1 });
  // One after the other, with one limit: they share no text.
  const theirs = await pool.apply(
    async (...waits: { acquire(wait: { timeoutMs: number }): Promise<unknown> }[]) => {
      const said: string[] = [];
      for (const one of waits) said.push(await one.acquire({ timeoutMs: 5 }).then(String, (error) => error.message));
      return said;
    },
    [rlock, none, rlock],
  );
  assertEquals(theirs, [
    `Cannot acquire the lock: somebody else has it, ${AGAIN}`,
    `Cannot acquire the semaphore: all that it has is taken, ${AGAIN}`,
    `Cannot acquire the lock: somebody else has it, ${AGAIN}`,
  ]);
  for (const one of [connection, other, queue]) one.close();
});

Deno.test("waits for results say that the call goes on, or was stopped", async () => {
  const pool = new Pool({ workers: 1, maxQueue: 1 });
  const stopped = await messageOf(pool.apply(forEver, [], { timeoutMs: 5 }));
  assert(
    stopped.startsWith("The task ran longer than its 5 ms and was stopped; what it did may be half done"),
    stopped,
  );
  const running = pool.applyAsync(forEver);
  assertEquals(
    await messageOf(running.get(5)),
    'Cannot give the result: the call has none after 5 ms; it goes on, wait again, or limit it itself by "timeoutMs" of its options',
  );
  await pool.terminate();
  await withExecutor({ maxWorkers: 1 }, async (executor) => {
    const future = executor.submit(forEver);
    assertEquals(
      await messageOf(future.result(5)),
      "Cannot give the outcome: the task is not done after 5 ms; it goes on, wait again, or cancel() it before it runs",
    );
    assertEquals(
      await messageOf(asCompleted([future], { timeoutMs: 5 }).next()),
      "1 (of 1) futures unfinished when the time was up; they go on, wait for them again",
    );
    assertEquals(
      await messageOf(executor.map(forEver, [1], { timeoutMs: 5 }).next()),
      'Cannot give the next result: not all were there 5 ms after map() was called; what has not started is given up, wanted a longer "timeoutMs"',
    );
    future.exception().catch(() => {});
    await executor.killWorkers();
  });
});
