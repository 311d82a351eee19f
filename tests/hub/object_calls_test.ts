/** Unit tests of long operations: the event loop turns between their steps, and they are atomic all the same. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ClosedError } from "../../mod.ts";
import { ObjectCalls } from "../../src/hub/object_calls.ts";
import type { SharedObject, Steps } from "../../src/hub/shared_object.ts";
import { RemoteWait } from "../../src/hub/wait_queue.ts";

/** An object that can be told when a long operation of it is over. It notes what was done. */
class Slow implements SharedObject {
  readonly done: string[] = [];
  isOver = false;
  readonly operations = {
    note: (_caller: unknown, _wait: unknown, name: string) => this.done.push(name),
    fail: () => {
      throw new TypeError("no");
    },
  };
  readonly longOperations = { long: (_caller: unknown, name: string) => this.#long(name) };

  *#long(name: string): Steps {
    this.done.push(`${name} begins`);
    while (!this.isOver) yield;
    if (name === "bad") throw new RangeError("bad");
    this.done.push(`${name} ends`);
    return name;
  }
}

const calls = new ObjectCalls();
/** The program lives until its own calls are done. */
const OWN = "";

function call(object: SharedObject, process: string, name: string, ...args: unknown[]): unknown {
  return calls.call(object, name, { process, task: 0 }, {}, args);
}

function callLong(object: SharedObject, process: string, name = "x"): Promise<unknown> {
  const result = call(object, process, "long", name);
  assert(result instanceof Promise);
  return result;
}

/** A test whose event loop lives on: what is done for other processes alone does not hold it, and may come a turn later on a busy machine. */
function inLivingLoop(body: () => Promise<void>): () => Promise<void> {
  return async () => {
    const timer = setInterval(() => {}, 60_000);
    try {
      await body();
    } finally {
      clearInterval(timer);
    }
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

Deno.test("ObjectCalls does at once what is over soon, and what is not long", () => {
  const object = new Slow();
  object.isOver = true;
  assertEquals([call(object, "1", "long", "x"), call(object, "1", "note", "n")], ["x", 3]);
  assertThrows(() => call(object, "1", "fail"), TypeError, "no");
  assertThrows(() => call(object, "1", "long", "bad"), RangeError, "bad");
  assertThrows(() => call(object, "1", "constructor"), TypeError, "no such operation");
  assertEquals(calls.isBusy, false);
});

Deno.test(
  "ObjectCalls lets the event loop turn while an operation takes its steps, and what is called meanwhile wait",
  inLivingLoop(async () => {
    const object = new Slow();
    const before = calls.totalMs;
    const long = callLong(object, OWN);
    const after = [
      call(object, "1", "note", "a"),
      call(object, "1", "fail"),
      call(object, "1", "long", "y"),
      call(object, "1", "note", "b"),
    ];
    const settled = Promise.allSettled(after as Promise<unknown>[]);
    assertEquals(call(new Slow(), "1", "note", "of another object"), 1);
    await turn();
    await turn();
    assertEquals(object.done, ["x begins"]);
    object.isOver = true;
    assertEquals(await long, "x");
    assertEquals((await settled).map((one) => one.status === "fulfilled" ? one.value : `${one.reason}`), [
      3,
      "TypeError: no",
      "y",
      6,
    ]);
    assertEquals(object.done, ["x begins", "x ends", "a", "y begins", "y ends", "b"]);
    assert(calls.totalMs > before);
    assertEquals([calls.isBusy, call(object, "1", "note", "at once")], [false, 7]);
  }),
);

Deno.test(
  "ObjectCalls serves those who wait for one object by turns, each in order",
  inLivingLoop(async () => {
    const object = new Slow();
    const long = callLong(object, OWN);
    const all = ["a1", "a2", "a3", "b1", "c1", "b2"].map((name) => call(object, `${name[0]}/x${name}`, "note", name));
    object.isOver = true;
    await Promise.all([long, ...all]);
    assertEquals(object.done.slice(2), ["a1", "b1", "c1", "a2", "b2", "a3"]);
  }),
);

Deno.test("ObjectCalls takes steps for one object while another has more to do", async () => {
  const [one, other] = [new Slow(), new Slow()];
  const long = callLong(one, OWN);
  const short = callLong(other, "2");
  other.isOver = true;
  assertEquals(await short, "x");
  assert(calls.isBusy);
  one.isOver = true;
  await long;
});

Deno.test("ObjectCalls goes on after an operation that fails in one of its later steps", async () => {
  const object = new Slow();
  const long = callLong(object, OWN, "bad");
  const next = call(object, "", "note", "next");
  object.isOver = true;
  await assertRejects(() => long, RangeError, "bad");
  assertEquals(await next, 2);
});

Deno.test(
  "ObjectCalls does not do what was given up while it waited",
  inLivingLoop(async () => {
    const object = new Slow();
    const long = callLong(object, OWN);
    const wait = new RemoteWait(null);
    const given = calls.call(object, "note", { process: "2", task: 0 }, wait, ["given up"]) as Promise<unknown>;
    wait.cancel();
    object.isOver = true;
    await assertRejects(() => given, ClosedError, "cancelled");
    await long;
    assertEquals(object.done, ["x begins", "x ends"]);
  }),
);

Deno.test("ObjectCalls ends what an object is asked when that is closed", async () => {
  const object = new Slow();
  const all = [callLong(object, OWN), call(object, "1", "note", "a")];
  calls.close(object);
  for (const one of all) await assertRejects(() => one as Promise<unknown>, ClosedError, "was closed");
  assertEquals([object.done, calls.isBusy], [["x begins"], false]);
  assertThrows(() => calls.call(undefined, "note", { process: "", task: 0 }, {}, []), ClosedError);
});
