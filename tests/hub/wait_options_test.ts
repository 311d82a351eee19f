// Unit and end-to-end tests of the options of waits: names that no wait has are refused.
// Kind: one process. Options of a wait that nobody knows would be ignored, and the wait could last for ever.
import { assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  Barrier,
  Condition,
  Event,
  JoinableQueue,
  Lock,
  Pipe,
  Pool,
  Queue,
  RLock,
  Semaphore,
  TimeoutError,
  wait,
  type WaitOptions,
} from "../../mod.ts";

const wrong = { timeout: 5 } as never;
const WAITS: Record<string, (wrong: never) => Promise<unknown>> = {
  "Queue.get()": (wait) => new Queue().get(wait),
  "Queue.put()": (wait) => new Queue().put(1, wait),
  "JoinableQueue.join()": (wait) => new JoinableQueue().join(wait),
  "Lock.acquire()": (wait) => new Lock().acquire(wait),
  "RLock.acquire()": (wait) => new RLock().acquire(wait),
  "Semaphore.acquire()": (wait) => new Semaphore(1).acquire(wait),
  "Condition.acquire()": (wait) => new Condition().acquire(wait),
  "Event.wait()": (wait) => new Event().wait(wait),
  "Barrier.wait()": (wait) => new Barrier(2).wait(wait),
  "Connection.recv()": (wait) => Pipe()[0].recv(wait),
  "wait()": (limit) => wait([Pipe()[0]], limit),
  "Pool.drain()": (wait) => new Pool({ workers: 1, maxQueue: 1 }).drain(wait),
};

for (const [name, call] of Object.entries(WAITS)) {
  Deno.test(`${name} refuses options that are not of a wait`, async () => {
    await assertRejects(
      () => call(wrong),
      TypeError,
      '"timeout" is not an option of a wait, wanted "timeoutMs" or "signal"',
    );
    await assertRejects(() => call(true as never), TypeError, "the options are true, wanted { timeoutMs: 1000 }");
  });
}

// Both: a pipe whose other end was collected has come to its end.
const ends = Pipe();
const WAITS_FOR_EVER: Record<string, (wait: Required<Pick<WaitOptions, "signal">>) => Promise<unknown>> = {
  "Queue.get()": (wait) => new Queue().get(wait),
  "Queue.put()": async (wait) => {
    const queue = new Queue(1);
    await queue.put(1);
    await queue.put(2, wait);
  },
  "JoinableQueue.join()": async (wait) => {
    const queue = new JoinableQueue();
    await queue.put(1);
    await queue.join(wait);
  },
  "Lock.acquire()": async (wait) => {
    const lock = new Lock();
    await lock.acquire();
    await lock.acquire(wait);
  },
  "Condition.wait()": (wait) => {
    const condition = new Condition();
    return condition.use(() => condition.wait(wait));
  },
  "Event.wait()": (wait) => new Event().wait(wait),
  "Barrier.wait()": (wait) => new Barrier(2).wait(wait),
  "Connection.recv()": (wait) => ends[0].recv(wait),
  "Connection.poll()": (wait) => ends[0].poll(Infinity, wait),
  "wait()": (limit) => wait([ends[0]], limit),
};

for (const [name, call] of Object.entries(WAITS_FOR_EVER)) {
  Deno.test(`${name} rejects with the reason of its signal, also where that is the error of another wait`, async () => {
    const reason = new TimeoutError("another wait");
    assertStrictEquals(await call({ signal: AbortSignal.abort(reason) }).catch((error) => error), reason);
    const controller = new AbortController();
    const waiting = call({ signal: controller.signal }).catch((error) => error);
    // Behind the puts and locks that come first.
    setTimeout(() => controller.abort(reason));
    assertStrictEquals(await waiting, reason);
  });
}

Deno.test("Pipe() refuses options that it does not have", () => {
  assertThrows(() => Pipe(false as never), TypeError, "the options are false, wanted { duplex: false }");
  assertThrows(
    () => Pipe({ duplexx: true } as never),
    TypeError,
    '"duplexx" is not an option of a pipe, wanted "duplex"',
  );
  assertThrows(() => Pipe({ duplex: 0 as never }), TypeError, '"duplex" is 0, true or false is wanted');
});
