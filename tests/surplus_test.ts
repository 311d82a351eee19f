/** Unit tests: no call of the public API takes silently what it would ignore. A new function or method needs a line here. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import config from "../deno.json" with { type: "json" };

/** How many arguments everything takes that is exported: of a class, the constructor's, where it has a public one, and each method's. */
const MOST: Readonly<Record<string, string>> = {
  Pool:
    "new 1, untrusted 2, apply 3, applyAsync 3, map 3, mapAsync 3, starmap 3, starmapAsync 3, imap 3, imapUnordered 3, " +
    "ready 0, drain 1, close 0, terminate 0, join 0, serveDashboard 1, stats 0, observe 1",
  AsyncResult: "get 1, wait 1, ready 0, successful 0",
  ProcessPoolExecutor: "new 1, shutdown 1, terminateWorkers 0, killWorkers 0",
  Future: "result 1, exception 1, cancel 0, cancelled 0, running 0, done 0, addDoneCallback 1",
  Process: "new 1, start 0, join 1, isAlive 0, terminate 0, kill 0, close 0",
  Lock: "new 0, acquire 1, tryAcquire 0, release 0, locked 0, use 2, close 0",
  RLock: "new 0, acquire 1, tryAcquire 0, release 0, locked 0, use 2, close 0",
  Semaphore: "new 1, acquire 1, tryAcquire 0, release 0, value 0, use 2, close 0",
  BoundedSemaphore: "new 1, acquire 1, tryAcquire 0, release 0, value 0, use 2, close 0",
  Condition:
    "new 1, acquire 1, tryAcquire 0, release 0, locked 0, use 2, wait 1, waitFor 2, notify 1, notifyAll 0, close 0",
  Event: "new 0, set 0, clear 0, isSet 0, wait 1, close 0",
  Barrier: "new 2, wait 1, reset 0, abort 0, parties 0, nWaiting 0, broken 0, close 0",
  Queue: "new 1, put 2, putNowait 1, get 1, getNowait 0, qsize 0, empty 0, full 0, close 0",
  JoinableQueue: "new 1, put 2, putNowait 1, get 1, getNowait 0, qsize 0, empty 0, full 0, taskDone 0, join 1, close 0",
  SimpleQueue: "new 0, put 1, get 1, empty 0, close 0",
  Connection: "send 1, recv 1, sendBytes 3, recvBytes 1, poll 2, close 0",
  Manager:
    "new 0, dict 1, list 1, namespace 1, value 1, array 1, lock 0, rlock 0, semaphore 1, boundedSemaphore 1, condition 1, " +
    "event 0, barrier 2, queue 1, joinableQueue 1, simpleQueue 0, register 3, close 0",
  DictProxy:
    "get 2, set 2, has 1, delete 1, pop 2, popItem 0, setDefault 2, add 2, update 2, size 0, keys 0, values 0, entries 0, " +
    "clear 0, toObject 0, toMap 0, close 0",
  ListProxy:
    "at 1, set 2, extend 1, insert 2, pop 1, remove 1, slice 2, indexOf 2, includes 1, count 1, length 0, add 2, update 2, " +
    "sort 1, reverse 0, clear 0, toArray 0, close 0",
  NamespaceProxy: "get 1, set 2, has 1, delete 1, add 2, update 2, keys 0, toObject 0, close 0",
  ValueProxy: "get 0, set 1, add 1, update 1, close 0",
  ArrayProxy: "at 1, set 2, add 2, update 2, slice 2, fill 3, length 0, toArray 0, toTypedArray 2, close 0",
  IteratorProxy: "close 0",
  ProgressBar: "new 1, tick 2, close 0",
  Pipe: "1",
  wait: "2",
  waitFutures: "2",
  asCompleted: "2",
  activeChildren: "0",
  currentProcess: "0",
  parentProcess: "0",
  cpuCount: "0",
  workerCommand: "1",
  progress: "2",
  traceTo: "2",
};

/** What takes any number of arguments, or is called by the language, or overridden by users. */
const ANY: Readonly<Record<string, readonly string[]>> = {
  AsyncResult: ["then"],
  Future: ["then"],
  Process: ["run"],
  ProcessPoolExecutor: ["submit", "submitWith", "map"],
  Manager: ["create"],
  ListProxy: ["push", "splice"],
  IteratorProxy: ["next", "return", "throw"],
};

/**
 * Entries for packages that draw bars or are backends: their authors call what they export with types, and nothing there is an option or a
 * limit that could be mistaken for another. The constructors of errors take what the language's own take, and ignore the rest, as these do.
 */
const FOR_PACKAGES = ["./progress/parts", "./backend", "./ahead"];

type Callable = (...args: unknown[]) => unknown;

/** Everything that can be called, as `Class.method`, `new Class` or `fn`. */
async function publicCalls(): Promise<Map<string, Callable>> {
  const calls = new Map<string, Callable>();
  for (const [entry, path] of Object.entries(config.exports)) {
    if (FOR_PACKAGES.includes(entry)) continue;
    const exports = await import(new URL(`../${path}`, import.meta.url).href) as Record<string, unknown>;
    for (const [name, value] of Object.entries(exports)) {
      if (typeof value !== "function" || value.prototype instanceof Error) continue;
      if (!Function.prototype.toString.call(value).startsWith("class")) calls.set(name, value as Callable);
      else for (const [call, fn] of callsOf(name, value as never)) calls.set(call, fn);
    }
  }
  return calls;
}

function* callsOf(
  name: string,
  type: { new (...args: unknown[]): unknown; prototype: object },
): Generator<[string, Callable]> {
  // Abstract and inner constructors have no place in the table.
  if (MOST[name]?.startsWith("new ")) yield [`new ${name}`, (...args) => new type(...args)];
  for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(type))) {
    if (typeof value === "function") yield [`${name}.${method}`, value];
  }
  const methods = new Map<string, Callable>();
  for (let level = type.prototype; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (typeof value === "function" && method !== "constructor" && !methods.has(method)) methods.set(method, value);
    }
  }
  for (const [method, fn] of methods) {
    if (ANY[name]?.includes(method)) continue;
    // What it refuses, it refuses before it looks at anything.
    yield [`${name}.${method}`, (...args) => Reflect.apply(fn, Object.create(type.prototype), args)];
  }
}

const limits = new Map(
  Object.entries(MOST).flatMap(([name, text]) =>
    text.split(", ").map((line): [string, number] => {
      const [method, most] = line.split(" ");
      if (most === undefined) return [name, Number(method)];
      return [method === "new" ? `new ${name}` : `${name}.${method}`, Number(most)];
    })
  ),
);

Deno.test("Every public function and method is in the table of how many arguments it takes", async () => {
  assertEquals([...(await publicCalls()).keys()].sort(), [...limits.keys()].sort());
});

Deno.test("Every public function and method refuses a number, options and a callback behind its arguments", async () => {
  for (const [name, call] of await publicCalls()) {
    const most = limits.get(name)!;
    for (const surplus of [5, {}, () => {}]) {
      const given = [...Array<undefined>(most), surplus];
      const error = await assertRejects(async () => await call(...given), TypeError, "Cannot call ", name);
      assertMatch(
        (error as Error).message,
        most === 0 ? /it takes no arguments|wanted \w+\(\)$/ : /wanted .+\(.+\)$/,
        name,
      );
    }
  }
});

Deno.test("What stands behind the arguments is named with the call that was meant", async () => {
  const { Pool, Process, Queue } = await import("../mod.ts");
  const make = (type: unknown, ...args: unknown[]): unknown => Reflect.construct(type as Callable, args);
  const untrusted = Pool.untrusted as Callable;
  const kill = new Process().kill as Callable;
  const wrong: [call: () => unknown, message: string][] = [
    [
      () => make(Pool, {}, { workers: 2 }),
      "Cannot call new Pool() with an object as argument 2: wanted new Pool(options)",
    ],
    [() => make(Process, {}, 5), "Cannot call new Process() with 5 as argument 2: wanted new Process(options)"],
    [() => untrusted("file:///a.ts", {}, 3), "wanted Pool.untrusted(module, options)"],
    [() => untrusted("file:///a.ts", { module: "b" }), '"module" is among the options'],
    [() => kill("SIGINT"), 'Cannot call kill() with "SIGINT" as argument 1: wanted kill()'],
  ];
  for (const [call, message] of wrong) await assertRejects(async () => await call(), TypeError, message);
  // `forEach` and its kin pass the place and the whole, too: nobody means these.
  const queue = new Queue<string>();
  const put = queue.putNowait.bind(queue);
  await Promise.all(["a", "b"].map(put));
  assertEquals(await queue.qsize(), 2);
});
