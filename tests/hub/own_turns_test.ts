// End-to-end tests of programs that ask objects of their own again and again, and of a real process for join().
import { assertEquals } from "@std/assert";
import {
  Barrier,
  Condition,
  Event,
  Lock,
  Manager,
  Pipe,
  Process,
  Queue,
  Semaphore,
  SimpleQueue,
  wait,
} from "../../mod.ts";

/** Asks until a timer has fired that waits for its turn; returns whether it did before so many questions. */
async function asksUntilATimerFires(ask: () => Promise<unknown>): Promise<boolean> {
  let fired = false;
  const timer = setTimeout(() => fired = true);
  for (let n = 0; !fired && n < 200_000; n++) await ask().catch(() => {});
  clearTimeout(timer);
  return fired;
}

Deno.test("Objects of this process let others have their turn, whatever is asked of them again and again", async () => {
  using manager = new Manager();
  const [queue, simple, [a, b]] = [new Queue<number>(), new SimpleQueue<number>(), Pipe<number>()];
  const [taken, event, semaphore] = [new Lock(), new Event(), new Semaphore(0)];
  const guard = await taken.acquire();
  const [free, condition, barrier] = [new Lock(), new Condition(), new Barrier(2)];
  const [dict, list, value] = [manager.dict<string, number>(), manager.list<number>(), manager.value(0)];
  const asks: Record<string, () => Promise<unknown>> = {
    "Event.isSet()": () => event.isSet(),
    "Event.wait() without time": () => event.wait({ timeoutMs: 0 }),
    "Queue.empty()": () => queue.empty(),
    "Queue.getNowait(), which throws": () => queue.getNowait(),
    "Queue.put() and get()": async () => {
      await queue.put(1);
      await queue.get();
    },
    "SimpleQueue.empty()": () => simple.empty(),
    "Connection.poll()": () => a.poll(),
    "wait() without time": () => wait([a, b], 0),
    "Lock.tryAcquire() of a lock that is taken": () => taken.tryAcquire(),
    "Lock.use()": () => free.use(() => {}),
    "Semaphore.value()": () => semaphore.value(),
    "Condition.use()": () => condition.use(() => condition.notify()),
    "Barrier.nWaiting()": () => barrier.nWaiting(),
    "DictProxy.has()": () => dict.has("key"),
    "ListProxy.length()": () => list.length(),
    "ValueProxy.get()": () => value.get(),
  };
  const deaf: string[] = [];
  for (const [name, ask] of Object.entries(asks)) if (!await asksUntilATimerFires(ask)) deaf.push(name);
  assertEquals(deaf, []);
  await guard.release();
});

Deno.test("Process.join() without time lets others have their turn, and the end of the process be heard", async () => {
  const process = new Process({ target: () => {} });
  process.start();
  let hasEnded = false;
  for (let n = 0; !hasEnded && n < 200_000; n++) hasEnded = await process.join(0);
  await process.join();
  assertEquals([hasEnded, process.exitCode], [true, 0]);
});

Deno.test("Calls of this process's objects are answered in order, also while a turn is waited for", async () => {
  const queue = new Queue<number>();
  const answered: number[] = [];
  const calls: Promise<void>[] = [];
  for (let n = 0; n < 30_000; n++) {
    calls.push(queue.put(n).then(() => void answered.push(n)));
    if (n % 100 === 0) await undefined;
  }
  await Promise.all(calls);
  assertEquals(answered, Array.from({ length: 30_000 }, (_, n) => n));
  const taken: number[] = [];
  for (let n = 0; n < 30_000; n++) calls[n] = queue.getNowait().then((item) => void taken.push(item));
  await Promise.all(calls);
  assertEquals(taken, answered);
});
