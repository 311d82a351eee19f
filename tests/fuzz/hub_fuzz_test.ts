/**
 * Unit: fuzzing of shared objects, in memory. A hostile worker asks for any operation with any arguments, and answers what the program asks of objects that
 * the worker owns. Whatever comes, it is taken or refused with a typed error; others are served, and no call of the program hangs.
 */
import { assert, assertEquals } from "@std/assert";
import {
  type Barrier,
  type Condition,
  type Connection,
  type DictProxy,
  type Event,
  type ListProxy,
  type Lock,
  PayloadTooLargeError,
  ProtocolError,
  type Queue,
  type RLock,
  type Semaphore,
  type ValueProxy,
} from "../../mod.ts";
import { PipeEnd } from "../../src/channels/pipe_end.ts";
import { QueueObject } from "../../src/channels/queue_object.ts";
import { type Handle, REF } from "../../src/hub/handle.ts";
import { Hub } from "../../src/hub/hub.ts";
import type { SharedObject } from "../../src/hub/shared_object.ts";
import { ArrayObject } from "../../src/manager/objects/array_object.ts";
import { DictObject } from "../../src/manager/objects/dict_object.ts";
import { ListObject } from "../../src/manager/objects/list_object.ts";
import { ValueObject } from "../../src/manager/objects/value_object.ts";
import { BarrierObject } from "../../src/sync/barrier_object.ts";
import { ConditionObject } from "../../src/sync/condition_object.ts";
import { EventObject } from "../../src/sync/event_object.ts";
import { LockObject, RLockObject } from "../../src/sync/lock_object.ts";
import { SemaphoreObject } from "../../src/sync/semaphore_object.ts";
import { HubChild, makeHandle, quiesce, turn } from "../helpers/simulated/hub_network.ts";
import { Chance, INTERESTING } from "../helpers/simulated/message_fuzzer.ts";

const RUNS = Number(Deno.env.get("CORRAL_TEST_FUZZ_RUNS") ?? 4000);
const SEED = Number(Deno.env.get("CORRAL_TEST_FUZZ_SEED") ?? 20_261_129);

/** Returns whether the message was refused, as it may be with a typed error only. */
function isRefused(child: HubChild, message: readonly unknown[]): boolean {
  try {
    child.parentLink.receive(structuredClone(message), [], 100);
    return false;
  } catch (error) {
    const isTyped = error instanceof ProtocolError || error instanceof PayloadTooLargeError;
    assert(isTyped, `${JSON.stringify(message)} gives ${Deno.inspect(error)}`);
    return true;
  }
}

/** Objects of every kind, with the names of their handles. */
function everyObject(): Record<string, [type: string, object: SharedObject]> {
  const [left, right] = PipeEnd.pair(200);
  const lock = new LockObject();
  return {
    queue: ["Queue", new QueueObject(3)],
    joinable: ["JoinableQueue", new QueueObject(0)],
    left: ["Connection", left],
    right: ["Connection", right],
    lock: ["Lock", lock],
    rlock: ["RLock", new RLockObject()],
    semaphore: ["Semaphore", new SemaphoreObject(2, false)],
    condition: ["Condition", new ConditionObject(lock, false)],
    event: ["Event", new EventObject()],
    barrier: ["Barrier", new BarrierObject({ parties: 3, action: undefined, timeoutMs: undefined })],
    list: ["ListProxy", new ListObject([1, "a", [2]])],
    dict: ["DictProxy", new DictObject([["a", 1]], "it is not there")],
    value: ["ValueProxy", new ValueObject(5)],
    array: ["ArrayProxy", new ArrayObject(new Float64Array(4))],
  };
}

/** What stands for an object: one of these, or one that the worker might have made. */
function randomHandle(chance: Chance, handles: readonly Handle[]): unknown {
  const { type, id } = chance.pick(handles)[REF];
  switch (chance.below(6)) {
    case 0:
      return { type, id: `mine:${chance.below(9)}` };
    case 1:
      return { type: chance.pick(["Queue", "None", "__proto__", 7]), id: chance.pick([id, "mine:1", "x", 7]) };
    default:
      return { type, id };
  }
}

function isHandle(value: unknown): boolean {
  return (value as { $?: unknown } | undefined)?.$ === "handle";
}

function randomRequest(
  chance: Chance,
  id: number,
  handles: readonly Handle[],
  objects: readonly SharedObject[],
): unknown[] {
  const at = chance.below(handles.length);
  const operation = chance.pick(Object.keys(objects[at]!.operations));
  const args = Array.from(
    { length: chance.below(4) },
    () => chance.below(3) === 0 ? chance.below(4) : chance.pick(INTERESTING),
  );
  const timeoutMs = chance.pick([null, 0, -1, 1, 1e308]);
  if (chance.below(4) === 0) args[0] = { $: "handle", v: randomHandle(chance, handles) };
  const tagged = chance.below(12) === 0 || isHandle(args[0]) ? 1 : 0;
  return [
    "request",
    id,
    handles[at]![REF].id,
    operation,
    chance.pick(["", "", "1", "1/2"]),
    chance.below(3),
    timeoutMs,
    tagged,
    args,
  ];
}

Deno.test("objects take any operation with any arguments from a worker; when it has died they serve others as before", async () => {
  const chance = new Chance(SEED);
  for (let round = 0; round < RUNS / 80; round++) {
    const hub = new Hub();
    const [hostile, honest] = [new HubChild(hub), new HubChild(hub)];
    const entries = Object.values(everyObject());
    // One lives in the other worker: what is asked of it goes through this hub.
    const theirs = honest.giveBack(makeHandle<Handle>(honest.hub, "Queue", new QueueObject(2)));
    const objects = [...entries.map(([, object]) => object), new QueueObject(2)];
    const handles = [...entries.map(([type, object]) => makeHandle<Handle>(hub, type, object)), theirs];
    for (const handle of handles) hostile.give(handle);
    let isDead = false;
    for (let sent = 1; sent < 120 && !isDead; sent++) {
      const about = chance.below(sent) + 1;
      const other = [["cancel", about], ["ack", about], ["requeue", about], ["ended", chance.pick(["1", "1/2", "2"])]];
      const message = chance.below(3) > 0 ? randomRequest(chance, sent, handles, objects) : chance.pick(other);
      isDead = isRefused(hostile, message);
      if (chance.below(9) === 0) await turn();
      if (chance.below(3) === 0) honest.step();
    }
    hostile.parentLink.readEnd();
    await turn();
    hostile.toParent.clear();
    hostile.die();
    await requireServed(honest, handles.map((handle) => honest.give(handle)), Object.keys(everyObject()));
    honest.die();
  }
});

/** Requires that nothing that the dead process held is held any more. */
async function requireServed(child: HubChild, handles: readonly Handle[], names: readonly string[]): Promise<void> {
  const of = <H>(name: string): H => handles[names.indexOf(name)] as H;
  const calls: Promise<unknown>[] = [
    of<Lock>("lock").acquire(),
    of<RLock>("rlock").acquire(),
    of<Condition>("condition").locked(),
    of<Event>("event").set(),
    of<Barrier>("barrier").reset(),
    of<Queue<unknown>>("queue").qsize(),
    of<Queue<unknown>>("joinable").put(1),
    of<Semaphore>("semaphore").release(),
    of<ListProxy<unknown>>("list").push(1),
    of<DictProxy<string, unknown>>("dict").set("b", 2),
    of<ValueProxy<unknown>>("value").set(1),
    of<Connection>("left").poll(),
  ];
  const outcomes = calls.map(() => "hangs");
  calls.forEach((call, n) => call.then(() => outcomes[n] = "done", (error) => outcomes[n] = Deno.inspect(error)));
  await quiesce(child);
  await turn();
  assertEquals(outcomes, calls.map(() => "done"));
}

Deno.test("calls to objects of a worker settle, whatever it answers, when it has died at the latest", async () => {
  const chance = new Chance(SEED);
  for (let round = 0; round < RUNS / 40; round++) {
    const hub = new Hub();
    const hostile = new HubChild(hub);
    const queue = hostile.giveBack(makeHandle<Queue<unknown>>(hostile.hub, "Queue", new QueueObject(0)));
    const lock = hostile.giveBack(makeHandle<Lock>(hostile.hub, "Lock", new LockObject()));
    const end = hostile.giveBack(makeHandle<Connection>(hostile.hub, "Connection", PipeEnd.pair()[0]));
    const controller = new AbortController();
    const calls: Promise<unknown>[] = [
      queue.get(),
      queue.get({ timeoutMs: 1 }),
      queue.get({ signal: controller.signal }),
      queue.put(1),
      lock.acquire(),
      lock.use(() => {}),
      end.recvBytes(),
      end.poll(Infinity, controller),
      loop(queue),
      loop(queue),
      loop(end),
    ];
    let isSettled = false;
    const settled = Promise.allSettled(calls).then(() => isSettled = true);
    let isDead = false;
    for (let step = 0; step < 40 && !isDead; step++) {
      await turn();
      if (step === 20) controller.abort();
      isDead = answerAll(hostile, chance);
    }
    hostile.toParent.clear();
    hostile.die();
    for (let n = 0; n < 20 && !isSettled; n++) await turn();
    assert(isSettled, `a call hangs in round ${round}`);
    await settled;
  }
});

/** Answers what was asked with something. Returns whether that was refused. */
function answerAll(child: HubChild, chance: Chance): boolean {
  const asked = child.toChild.messages.filter(([kind]) => kind === "request").map(([, id]) => id as number);
  child.toChild.clear();
  for (const id of asked) {
    const value = chance.below(2) === 0 ? chance.pick(INTERESTING) : [1, 2, 3].slice(chance.below(4));
    const size = chance.pick([0, 0, 1, 1, 3, 2 ** 40]);
    const answer = chance.below(8) === 0 ? ["done", id] : ["response", id, chance.pick([1, 1, 1, 0]), size, 0, value];
    if (chance.below(12) > 0 && isRefused(child, answer)) return true;
  }
  return false;
}

async function loop(items: AsyncIterable<unknown>): Promise<void> {
  let count = 0;
  for await (const _item of items) if (++count > 200) return;
}
