/** Unit tests of locks that are given back and taken again, in memory, one message at a time. */
import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { ClosedError, type Guard, type Lock, type Queue, type Semaphore } from "../../mod.ts";
import { QueueObject } from "../../src/channels/queue_object.ts";
import { Hub } from "../../src/hub/hub.ts";
import { DeferredRelease } from "../../src/hub/deferred_release.ts";
import { LockObject } from "../../src/sync/lock_object.ts";
import { SemaphoreObject } from "../../src/sync/semaphore_object.ts";
import { HubChild, makeHandle, quiesce, turn } from "../helpers/simulated/hub_network.ts";

/** The clock that tenures are measured by: it stands still, unless a test moves it. */
class StillClock {
  #now = 1000;

  move(ms: number): void {
    this.#now += ms;
  }

  readonly read = (): number => this.#now;
}

interface Setting {
  readonly child: HubChild;
  /** The owner's handle. */
  readonly lock: Lock;
  /** The child's. */
  readonly theirs: Lock;
  /** The child's clock. */
  readonly clock: StillClock;
  /** The operations that the child has asked for and that were not delivered. */
  asked(): unknown[];
}

function lockOfParent(): Setting {
  const parent = new Hub();
  const clock = new StillClock();
  const child = new HubChild(parent, clock.read);
  const lock = makeHandle<Lock>(parent, "Lock", new LockObject());
  const asked = (): unknown[] => child.toParent.messages.map(([, , , operation]) => operation);
  return { child, lock, theirs: child.give(lock), asked, clock };
}

async function settle<T>(child: HubChild, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const mark = (): void => void (isSettled = true);
  promise.then(mark, mark);
  while (!isSettled) await quiesce(child);
  return await promise;
}

/** A guard of a lock that was acquired again in the turn in which it was released: as in a loop, from its second turn on. */
async function repeatedGuard({ child, theirs }: Setting): Promise<Guard> {
  (await settle(child, theirs.acquire()))[Symbol.dispose]();
  return await settle(child, theirs.acquire());
}

Deno.test("Guard that is disposed of is given back at once, whatever the code computes behind it", async () => {
  const setting = lockOfParent();
  const { child, theirs, asked } = setting;
  const guard = await settle(child, theirs.acquire());
  guard[Symbol.dispose]();
  assertEquals(asked(), ["releaseToken"]);
  // The same after a loop, whose last turn was kept back until others could run.
  (await repeatedGuard(setting))[Symbol.dispose]();
  await quiesce(child);
  (await settle(child, theirs.acquire()))[Symbol.dispose]();
  assertEquals(asked(), ["releaseToken"]);
  child.die();

  const events: string[] = [];
  const released = new DeferredRelease(() => events.push("flush"));
  const call = (operation: string): Promise<void> => Promise.resolve(void events.push(operation));
  released.add({ task: 0, call }, released.begin(1, 0));
  assertEquals(events, ["releaseToken", "flush"]);
});

Deno.test("Guard of a loop that is disposed of and acquired again at once sends nothing; the last one is given back", async () => {
  const setting = lockOfParent();
  const { child, lock, theirs, asked } = setting;
  let guard = await repeatedGuard(setting);
  for (let n = 0; n < 3; n++) {
    guard[Symbol.dispose]();
    const again = n === 1 ? theirs.tryAcquire() : theirs.acquire({ timeoutMs: 0 });
    guard[Symbol.dispose]();
    guard = (await again)!;
    assertFalse(guard.abandoned);
  }
  assertEquals(asked(), []);
  assert(await lock.locked());
  guard[Symbol.dispose]();
  await turn();
  assertEquals(asked(), ["releaseToken"]);
  await quiesce(child);
  assertFalse(await lock.locked());
});

Deno.test("Guard that was disposed of is given back before code that waits goes on, and before any other message", async () => {
  const { child, lock, theirs, asked } = lockOfParent();
  (await settle(child, theirs.acquire()))[Symbol.dispose]();
  await Promise.resolve();
  await Promise.resolve();
  assertEquals(asked(), ["releaseToken"]);
  await quiesce(child);

  const queue = child.give(makeHandle<Queue<number>>(new Hub(), "Queue", new QueueObject(0)));
  const guard = await settle(child, theirs.acquire());
  guard[Symbol.dispose]();
  const put = queue.put(1).catch(() => {});
  const again = theirs.acquire();
  assertEquals(asked(), ["releaseToken", "put", "acquire"]);
  (await settle(child, again))[Symbol.dispose]();
  await settle(child, put);
  await quiesce(child);
  assertFalse(await lock.locked());
});

Deno.test("DeferredRelease lets a release leave before the code goes on that waited for its end: that may take its time", async () => {
  const events: string[] = [];
  const released = new DeferredRelease(() => events.push("flush"));
  const call = (operation: string): Promise<void> => Promise.resolve(void events.push(operation));
  const use = (): Promise<void> => {
    released.add({ task: 0, call }, { token: 1, task: 0, since: Date.now() });
    return Promise.resolve();
  };
  await use();
  events.push("goes on");
  assertEquals(events, ["releaseToken", "flush", "goes on"]);
  await turn();
  assertEquals(events.length, 3);
});

Deno.test("Guard that was held for long is given back: the lock goes to the first one who waits", async () => {
  const { child, lock, theirs, asked, clock } = lockOfParent();
  const guard = await settle(child, theirs.acquire());
  const ours = lock.acquire();
  clock.move(3);
  guard[Symbol.dispose]();
  const again = theirs.acquire();
  assertEquals(asked(), ["releaseToken", "acquire"]);
  await quiesce(child);
  (await ours)[Symbol.dispose]();
  const guardAfter = await settle(child, again);
  // Whatever the clock of the system is set to.
  clock.move(-1);
  guardAfter[Symbol.dispose]();
  theirs.acquire().catch(() => {});
  assertEquals(asked(), ["releaseToken", "acquire"]);
  child.die();
});

Deno.test("Guard of one task is not taken again by another", async () => {
  const { child, theirs, asked } = lockOfParent();
  let task = 1;
  child.hub.currentTask = () => task;
  (await settle(child, theirs.acquire()))[Symbol.dispose]();
  task = 2;
  theirs.acquire().catch(() => {});
  assertEquals(asked(), ["releaseToken", "acquire"]);
  child.die();
});

Deno.test("Guard that was disposed of in a process that dies is not abandoned if that left, and is if it did not", async () => {
  for (const leaves of [true, false]) {
    const setting = lockOfParent();
    const { child, lock } = setting;
    const guard = await repeatedGuard(setting);
    guard[Symbol.dispose]();
    if (leaves) await turn();
    child.die();
    assertEquals((await lock.acquire()).abandoned, !leaves);
  }
});

Deno.test("Guards of several permits, and of several locks, are each given back", async () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const semaphore = makeHandle<Semaphore>(parent, "Semaphore", new SemaphoreObject(2, true));
  const lock = makeHandle<Lock>(parent, "Lock", new LockObject());
  const theirs = [child.give(semaphore), child.give(semaphore), child.give(lock)];
  const guards = await settle(child, Promise.all(theirs.map((one) => one.acquire())));
  assertEquals([await semaphore.value(), await lock.locked()], [0, true]);
  for (const guard of guards) guard[Symbol.dispose]();
  await quiesce(child);
  assertEquals([await semaphore.value(), await lock.locked()], [2, false]);
});

Deno.test("Guard that is taken again keeps to a signal that is aborted, and to the end of the lock", async () => {
  const setting = lockOfParent();
  const { child, lock, theirs } = setting;
  const guard = await repeatedGuard(setting);
  guard[Symbol.dispose]();
  await assertRejects(() => theirs.acquire({ signal: AbortSignal.abort(new Error("no more")) }), Error, "no more");
  await quiesce(child);
  assertFalse(await lock.locked());

  const last = await repeatedGuard(setting);
  lock.close();
  last[Symbol.dispose]();
  const again = await theirs.acquire();
  again[Symbol.dispose]();
  await assertRejects(() => settle(child, theirs.locked()), ClosedError);
});
