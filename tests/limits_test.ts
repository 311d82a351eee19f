/**
 * End-to-end tests of every public limit of time, with lengths that a runtime's timer holds and lengths that it does not:
 * each either ends the wait soon, or lets it go on until what it waits for has come.
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  asCompleted,
  Barrier,
  BoundedSemaphore,
  CancelledError,
  Condition,
  Event,
  type Future,
  JoinableQueue,
  Lock,
  Pipe,
  Pool,
  Process,
  Queue,
  RLock,
  Semaphore,
  SimpleQueue,
  TaskTimeoutError,
  TimeoutError,
  wait,
  waitFutures,
} from "../mod.ts";
import config from "../deno.json" with { type: "json" };
import { after } from "../src/timer.ts";
import { withExecutor } from "./helpers/pools/with_executor.ts";
import { isAlive, withPool } from "./helpers/pools/with_pool.ts";

const IDENTITY = import.meta.resolve("./fixtures/processes/tell_identity.ts");

const SHORT = [0, 1];
/** `setTimeout` fires at once for each of these. */
const LONG = [2 ** 31, 3e9, Infinity];
const LIMITS = [...SHORT, ...LONG];

/** The library's timers fire in the order in which they are due, on a busy machine too: one that fires at once has, before this resolves. */
const timersAtOnceHaveFired = (): Promise<void> => new Promise((resolve) => void after(20, resolve));

// ---------------------------------------------------------------------------
// Waits for shared objects, here and in a worker
// ---------------------------------------------------------------------------

interface Waitable {
  /** The object that is waited for, and its method. */
  readonly object: unknown;
  readonly method: string;
  /** What the method gets before the limit. */
  readonly first?: unknown;
  /** Ends the wait as it should end. */
  satisfy(): unknown;
}

const options = (timeoutMs: number): unknown[] => [{ timeoutMs }];

/** Each makes what `method` waits for, for ever at first. */
const WAITS: Record<
  string,
  { args?(timeoutMs: number, first?: unknown): unknown[]; open(): Waitable | Promise<Waitable> }
> = {
  "Lock.acquire": { open: () => taken(new Lock(), "acquire") },
  "Lock.use": { args: (timeoutMs) => [null, { timeoutMs }], open: () => taken(new Lock(), "use") },
  "Semaphore.acquire": { open: () => taken(new Semaphore(1), "acquire") },
  "BoundedSemaphore.acquire": { open: () => taken(new BoundedSemaphore(1), "acquire") },
  "Condition.acquire": { open: () => taken(new Condition(new Lock()), "acquire") },
  "Condition.wait": {
    open: () => {
      const object = new Condition();
      return { object, method: "wait", satisfy: () => object.use(() => object.notifyAll()) };
    },
  },
  "Condition.waitFor": {
    args: (timeoutMs, flag) => [flag, { timeoutMs }],
    open: () => {
      const [object, flag] = [new Condition(), new Event()];
      const satisfy = async () => {
        await flag.set();
        await object.use(() => object.notifyAll());
      };
      return { object, method: "waitFor", first: flag, satisfy };
    },
  },
  "Event.wait": {
    open: () => {
      const object = new Event();
      return { object, method: "wait", satisfy: () => object.set() };
    },
  },
  "Barrier.wait": {
    open: () => {
      const object = new Barrier(2);
      return { object, method: "wait", satisfy: () => object.wait() };
    },
  },
  "Queue.get": { open: () => empty(new Queue()) },
  "JoinableQueue.get": { open: () => empty(new JoinableQueue()) },
  "SimpleQueue.get": { open: () => empty(new SimpleQueue()) },
  "Queue.put": {
    args: (timeoutMs) => ["second", { timeoutMs }],
    open: async () => {
      const object = new Queue<string>(1);
      await object.put("first");
      return { object, method: "put", satisfy: () => object.get() };
    },
  },
  "JoinableQueue.join": {
    open: async () => {
      const object = new JoinableQueue<string>();
      await object.put("work");
      return { object, method: "join", satisfy: () => object.taskDone() };
    },
  },
  "Connection.recv": { open: () => silent("recv") },
  "Connection.recvBytes": { open: () => silent("recvBytes") },
  "Connection.poll": { args: (timeoutMs) => [timeoutMs], open: () => silent("poll") },
};

async function taken(object: Lock | Semaphore | BoundedSemaphore | Condition, method: string): Promise<Waitable> {
  const guard = await object.acquire();
  return { object, method, satisfy: () => guard.release() };
}

function empty(object: Queue<string> | SimpleQueue<string>): Waitable {
  return { object, method: "get", satisfy: () => object.put("item") };
}

function silent(method: string): Waitable {
  const [reader, writer] = Pipe<string>({ duplex: false });
  const satisfy = () => method === "recvBytes" ? writer.sendBytes(new Uint8Array(1)) : writer.send("message");
  return { object: reader, method, satisfy };
}

/** Calls the method, says so, and tells how that ended. Self-contained: it runs in workers. */
async function attempt(
  // deno-lint-ignore no-explicit-any -- any of the classes above
  object: any,
  method: string,
  args: unknown[],
  begun?: Queue<string>,
): Promise<string> {
  if (method === "use") args[0] = () => "held";
  if (method === "waitFor") {
    const flag = args[0] as Event;
    args[0] = () => flag.isSet();
  }
  const call = async (): Promise<unknown> => {
    const pending = object[method](...args);
    // The messages of one process keep their order: once this is read, the wait has arrived.
    begun?.put("begun");
    return await pending;
  };
  try {
    const isOfHolder = method.startsWith("wait") && "notify" in object;
    const value = await (isOfHolder ? object.use(call) : call());
    return value === false ? "late" : "in time";
  } catch (error) {
    return ["TimeoutError", "QueueFullError", "QueueEmptyError", "BrokenBarrierError"].includes((error as Error).name)
      ? "late"
      : String(error);
  }
}

for (const [name, { args = options, open }] of Object.entries(WAITS)) {
  Deno.test(`${name}() ends soon with a short limit, and waits with a long one, here and in a worker`, async () => {
    await withPool({ workers: 1 }, async (pool) => {
      for (const place of ["here", "in a worker"]) {
        for (const limit of LIMITS) {
          const { object, method, first, satisfy } = await open();
          const begun = new Queue<string>();
          const end = place === "here"
            ? attempt(object, method, args(limit, first), begun)
            : pool.apply(attempt, [object, method, args(limit, first), begun]);
          await begun.get();
          if (SHORT.includes(limit)) {
            assertEquals(await end, "late", `${limit} ms, ${place}`);
          } else {
            await timersAtOnceHaveFired();
            await satisfy();
            assertEquals(await end, "in time", `${limit} ms, ${place}`);
          }
        }
      }
    });
  });
}

Deno.test("RLock.acquire() ends soon with a short limit, and waits with a long one", () =>
  withPool({ workers: 1 }, async (pool) => {
    for (const limit of LIMITS) {
      // Held by the program; to a task of a worker that is another owner.
      const { object, method, satisfy } = await taken(new RLock(), "acquire");
      const begun = new Queue<string>();
      const end = pool.apply(attempt, [object, method, [{ timeoutMs: limit }], begun]);
      await begun.get();
      if (!SHORT.includes(limit)) {
        await timersAtOnceHaveFired();
        await satisfy();
      }
      assertEquals(await end, SHORT.includes(limit) ? "late" : "in time", `${limit} ms`);
    }
  }));

Deno.test("BarrierOptions.timeoutMs ends a wait soon, or lets it wait", async () => {
  for (const timeoutMs of LIMITS) {
    const barrier = new Barrier(2, { timeoutMs });
    const end = attempt(barrier, "wait", []);
    if (!SHORT.includes(timeoutMs)) {
      await timersAtOnceHaveFired();
      await barrier.wait();
    }
    assertEquals(await end, SHORT.includes(timeoutMs) ? "late" : "in time", `${timeoutMs} ms`);
  }
});

Deno.test("wait() ends soon with a short limit, and waits with a long one, as a number and as an option", async () => {
  for (const timeoutMs of LIMITS) {
    for (const limit of [timeoutMs, { timeoutMs }]) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const [reader] = Pipe();
      const end = wait([promise, reader], limit);
      // It looks first, and its time begins a turn later: a short one ends by itself, however late that is.
      if (!SHORT.includes(timeoutMs)) timersAtOnceHaveFired().then(resolve);
      assertEquals(await end, SHORT.includes(timeoutMs) ? [] : [promise], `${timeoutMs} ms`);
    }
  }
});

Deno.test("No wait takes a limit that is NaN, or no number", () =>
  withPool({ workers: 1 }, async (pool) => {
    const lock = new Lock();
    const text = "5" as unknown as number;
    await assertRejects(
      () => lock.acquire({ timeoutMs: NaN }),
      RangeError,
      '"timeoutMs" is NaN, milliseconds are wanted',
    );
    await assertRejects(() => lock.acquire({ timeoutMs: text }), TypeError, '"timeoutMs" is "5", a number of');
    await assertRejects(() => pool.apply((lock: Lock) => lock.acquire({ timeoutMs: NaN }), [lock]), RangeError, "NaN");
    await assertRejects(() => wait([lock.acquire()], NaN), RangeError, "NaN");
    await assertRejects(() => pool.applyAsync(Math.sqrt, [4]).get(NaN), RangeError, "NaN");
    assertThrows(() => new Barrier(2, { timeoutMs: NaN }), RangeError, "NaN");
    for (const name of ["taskTimeoutMs", "idleTimeoutMs", "abortGraceMs", "killGraceMs"]) {
      assertThrows(() => new Pool({ [name]: NaN }), RangeError, `"${name}" is NaN, milliseconds of at least 0`);
    }
    assertThrows(() => new Process({ target: Math.sqrt, killGraceMs: NaN }), RangeError, '"killGraceMs" is NaN');
  }));

// ---------------------------------------------------------------------------
// Waits for tasks
// ---------------------------------------------------------------------------

const getItem = async (queue: Queue<number>): Promise<number> => await queue.get();

Deno.test("AsyncResult.get() and wait() end soon with a short limit, and wait with a long one", () =>
  withPool({ workers: 1 }, async (pool) => {
    for (const limit of LIMITS) {
      const queue = new Queue<number>();
      const result = pool.applyAsync(getItem, [queue]);
      const [got, waited] = [result.get(limit), result.wait(limit)];
      if (SHORT.includes(limit)) await assertRejects(() => got, TimeoutError, `not ready after ${limit} ms`);
      await (SHORT.includes(limit) ? waited : timersAtOnceHaveFired());
      await queue.put(7);
      if (!SHORT.includes(limit)) assertEquals(await got, 7);
      assertEquals([limit, await waited], [limit, !SHORT.includes(limit)]);
      await result;
    }
  }));

Deno.test("Future.result(), exception(), waitFutures(), asCompleted() and map() hold every limit", () =>
  withExecutor({ maxWorkers: 2 }, async (executor) => {
    for (const timeoutMs of LIMITS) {
      const isShort = SHORT.includes(timeoutMs);
      const queue = new Queue<number>();
      const future: Future<number> = executor.submit(getItem, queue);
      const mapped = executor.map(getItem, [queue], { timeoutMs });
      const outcomes = [
        future.result(timeoutMs).catch(nameOf),
        future.exception(timeoutMs).catch(nameOf),
        waitFutures([future], { timeoutMs }).then(({ done }) => done.size),
        asCompleted([future], { timeoutMs }).next().then(({ done }) => done, nameOf),
        mapped.next().then(({ value }) => value, nameOf),
      ];
      await (isShort ? Promise.all(outcomes) : timersAtOnceHaveFired());
      await queue.put(7);
      await queue.put(7);
      const late = ["TimeoutError", "TimeoutError", 0, "TimeoutError", "TimeoutError"];
      assertEquals(await Promise.all(outcomes), isShort ? late : [7, undefined, 1, false, 7], `${timeoutMs} ms`);
      await future;
    }
  }));

function nameOf(error: Error): string {
  return error.name;
}

Deno.test("TaskOptions.timeoutMs and PoolOptions.taskTimeoutMs end a task soon, or let it run", async () => {
  for (const limit of LIMITS) {
    for (const place of ["task", "pool"]) {
      await withPool(
        { workers: 1, abortGraceMs: 0, ...(place === "pool" && { taskTimeoutMs: limit }) },
        async (pool) => {
          const queue = new Queue<number>();
          const task = pool.apply(getItem, [queue], place === "task" ? { timeoutMs: limit } : {});
          if (SHORT.includes(limit)) return await assertRejects(() => task, TaskTimeoutError);
          await timersAtOnceHaveFired();
          await queue.put(7);
          assertEquals([limit, await task], [limit, 7]);
        },
      );
    }
  }
});

// ---------------------------------------------------------------------------
// The ladder that ends a worker
// ---------------------------------------------------------------------------

Deno.test("PoolOptions.abortGraceMs ends the worker of a deaf task soon, or lets it finish", async () => {
  for (const abortGraceMs of LIMITS) {
    await withPool({ workers: 1, abortGraceMs }, async (pool, log) => {
      const queue = new Queue<number>();
      const begun = new Queue<string>();
      const deaf = async (queue: Queue<number>, begun: Queue<string>): Promise<void> => {
        await begun.put("begun");
        await queue.get();
      };
      const controller = new AbortController();
      const task = pool.apply(deaf, [queue, begun], { signal: controller.signal }).catch((reason) => reason);
      await begun.get();
      controller.abort("enough");
      assertEquals(await task, "enough");
      if (SHORT.includes(abortGraceMs)) {
        await log.reached("exit", 1);
      } else {
        await timersAtOnceHaveFired();
        await queue.put(1);
      }
      assertEquals(await pool.apply(Math.sqrt, [81]), 9);
      assertEquals([abortGraceMs, log.pids.length], [abortGraceMs, SHORT.includes(abortGraceMs) ? 2 : 1]);
    });
  }
});

/** Is told to end, says so, and ends when it is told again. Self-contained. */
async function stay(heard: Queue<string>, go: Queue<string>): Promise<void> {
  Deno.addSignalListener("SIGTERM", async () => {
    await heard.put("SIGTERM");
    await go.get();
    Deno.exit(7);
  });
  await heard.put("begun");
  await new Promise<void>(() => setInterval(() => {}, 1000));
}

Deno.test("PoolOptions.killGraceMs sends SIGKILL soon, or lets the worker end by itself", async () => {
  for (const killGraceMs of LIMITS) {
    await withPool({ workers: 1, killGraceMs }, async (pool, log) => {
      const [heard, go] = [new Queue<string>(), new Queue<string>()];
      const task = pool.apply(stay, [heard, go]);
      const cancelled = assertRejects(() => task, CancelledError);
      assertEquals(await heard.get(), "begun");
      const end = pool.terminate();
      if (!SHORT.includes(killGraceMs)) {
        assertEquals(await heard.get(), "SIGTERM");
        await timersAtOnceHaveFired();
        assert(isAlive(log.pids[0]!));
        await go.put("go");
      }
      await end;
      await cancelled;
      const expected = SHORT.includes(killGraceMs) ? [null, "SIGKILL"] : [7, null];
      const [exit] = log.of("exit");
      assertEquals([exit!.signal === null ? exit!.exitCode : null, exit!.signal], expected, `${killGraceMs} ms`);
    });
  }
});

Deno.test("PoolOptions.idleTimeoutMs ends an idle worker soon, or keeps it", async () => {
  for (const idleTimeoutMs of LIMITS) {
    await withPool({ workers: 1, idleTimeoutMs }, async (pool, log) => {
      assertEquals(await pool.apply(Math.sqrt, [4]), 2);
      if (SHORT.includes(idleTimeoutMs)) return await log.reached("exit", 1);
      await timersAtOnceHaveFired();
      assertEquals(await pool.apply(Math.sqrt, [9]), 3);
      assertEquals([idleTimeoutMs, log.pids.length], [idleTimeoutMs, 1]);
    });
  }
});

// ---------------------------------------------------------------------------
// Room in a pool, and its end
// ---------------------------------------------------------------------------

Deno.test("Pool.drain() ends soon with a short limit, and waits with a long one", async () => {
  for (const timeoutMs of LIMITS) {
    await withPool({ workers: 1, maxQueue: 1 }, async (pool) => {
      const queue = new Queue<number>();
      const [running, waiting] = [pool.apply(getItem, [queue]), pool.ready().then(() => pool.apply(getItem, [queue]))];
      while (pool.hasRoom) await timersAtOnceHaveFired();
      const drained = pool.drain({ timeoutMs }).then(() => "room", nameOf);
      await (SHORT.includes(timeoutMs) ? drained : timersAtOnceHaveFired());
      await queue.put(1);
      await queue.put(2);
      assertEquals([timeoutMs, await drained], [timeoutMs, SHORT.includes(timeoutMs) ? "TimeoutError" : "room"]);
      assertEquals([await running, await waiting], [1, 2]);
    });
  }
});

Deno.test("PoolOptions.startTimeoutMs ends a worker that is not ready soon, and leaves it alone with a long limit", async () => {
  for (const startTimeoutMs of LIMITS) {
    await using pool = new Pool({ workers: 1, startTimeoutMs });
    const outcome = await pool.apply(Math.sqrt, [4]).catch(nameOf);
    assertEquals([startTimeoutMs, outcome], [startTimeoutMs, SHORT.includes(startTimeoutMs) ? "WorkerStartError" : 2]);
  }
});

Deno.test("PoolOptions.scopeTimeoutMs ends a scope soon, or lets its tasks finish", async () => {
  for (const scopeTimeoutMs of LIMITS) {
    const [begun, go] = [new Queue<string>(), new Queue<string>()];
    const wait = async (begun: Queue<string>, go: Queue<string>): Promise<string> => {
      await begun.put("begun");
      return await go.get();
    };
    let outcome: Promise<string>;
    {
      await using pool = new Pool({ workers: 1, scopeTimeoutMs });
      outcome = pool.apply(wait, [begun, go]).catch(nameOf);
      await begun.get();
      if (!SHORT.includes(scopeTimeoutMs)) timersAtOnceHaveFired().then(() => go.put("done"));
    }
    const expected = SHORT.includes(scopeTimeoutMs) ? "CancelledError" : "done";
    assertEquals([scopeTimeoutMs, await outcome], [scopeTimeoutMs, expected]);
  }
});

// ---------------------------------------------------------------------------
// Processes
// ---------------------------------------------------------------------------

Deno.test("Process.join() ends soon with a short limit, and waits with a long one", async () => {
  for (const limit of LIMITS) {
    const queue = new Queue<number>();
    const process = new Process({ target: getItem, args: [queue] });
    process.start();
    const joined = process.join(limit);
    if (SHORT.includes(limit)) assertEquals(await joined, false);
    await timersAtOnceHaveFired();
    await queue.put(1);
    if (!SHORT.includes(limit)) assertEquals(await joined, true);
    assertEquals([limit, await process.join(), process.exitCode], [limit, true, 0]);
  }
});

Deno.test("ProcessOptions.killGraceMs sends SIGKILL soon, or lets the process end by itself", async () => {
  for (const killGraceMs of LIMITS) {
    const [heard, go] = [new Queue<string>(), new Queue<string>()];
    const process = new Process({ target: stay, args: [heard, go], killGraceMs });
    {
      await using running = process;
      running.start();
      assertEquals(await heard.get(), "begun");
      if (!SHORT.includes(killGraceMs)) {
        heard.get().then(timersAtOnceHaveFired).then(() => go.put("go"));
      }
    }
    assertEquals([killGraceMs, process.exitCode], [killGraceMs, SHORT.includes(killGraceMs) ? -9 : 7]);
  }
});

Deno.test("ParentProcess.join() ends soon with a short limit, and waits with a long one", async () => {
  for (const limit of LIMITS) {
    const outcome = new Queue<unknown>();
    await using process = new Process({ module: IDENTITY, target: "joinParent", args: [limit, outcome] });
    process.start();
    assertEquals([limit, await outcome.get()], [limit, SHORT.includes(limit) ? false : "waits"]);
  }
});

// ---------------------------------------------------------------------------
// Nothing spins
// ---------------------------------------------------------------------------

Deno.test("No limit makes a timer fire again and again while a task runs", async () => {
  const program = `
    const { setTimeout } = globalThis;
    let timers = 0;
    globalThis.setTimeout = (...args) => (timers++, setTimeout(...args));
    const { Pool } = await import(${JSON.stringify(import.meta.resolve("../mod.ts"))});
    const limits = { taskTimeoutMs: 3e9, idleTimeoutMs: 3e9, abortGraceMs: 3e9, killGraceMs: 3e9 };
    const pool = new Pool({ workers: 1, ...limits });
    await pool.ready();
    timers = 0;
    await pool.apply(() => new Promise((resolve) => setTimeout(resolve, 300)));
    console.log(timers < 10 ? "few" : timers);
    await pool.terminate();
  `;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-config",
      "--no-lock",
      "--allow-run",
      "--allow-read",
      `data:text/javascript,${encodeURIComponent(program)}`,
    ],
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  // The runtime warns of each timer that is longer than it holds.
  assertEquals([text(stdout), text(stderr), code], ["few\n", "", 0]);
});

// ---------------------------------------------------------------------------
// None is left out
// ---------------------------------------------------------------------------

/** All that is above, as the documentation calls it. `WaitOptions` are those of each wait for a shared object. */
const LIMITS_TESTED = [
  "AsCompletedOptions.timeoutMs",
  "AsyncResult.get.timeoutMs",
  "AsyncResult.wait.timeoutMs",
  "BarrierOptions.timeoutMs",
  "Connection.poll.timeoutMs",
  "ExecutorMapOptions.timeoutMs",
  "Future.exception.timeoutMs",
  "Future.result.timeoutMs",
  "ParentProcess.join.timeoutMs",
  "Pool.drain.wait.timeoutMs",
  "PoolOptions.abortGraceMs",
  "PoolOptions.idleTimeoutMs",
  "PoolOptions.scopeTimeoutMs",
  "PoolOptions.startTimeoutMs",
  "PoolOptions.taskTimeoutMs",
  "Process.join.timeoutMs",
  "TaskOptions.timeoutMs",
  "WaitOptions.timeoutMs",
  "WorkerLaunchOptions.killGraceMs",
];

/** What was measured, and what a backend or an error is told of a limit that was checked before. */
const NO_LIMIT = /\b(?:durationMs|totalMs|waitedMs|meanMs|fromMs|toMs|maxMs|p\d\dMs)$|^(?:TaskRequest|TaskTimeoutError)\b/;

Deno.test("Every limit of time that the library documents is in these tests", async () => {
  const found = new Set<string>();
  collect(await documentation(), [], found);
  assertEquals([...found].filter((name) => !NO_LIMIT.test(name)).toSorted(), LIMITS_TESTED);
});

Deno.test("Every method that takes WaitOptions is in these tests", async () => {
  const symbols = Object.values((await documentation()).nodes).flatMap(({ symbols }) => symbols);
  const found = symbols.flatMap(({ name, declarations }) =>
    declarations.filter(({ kind }) => kind === "class").flatMap(({ def }) => def?.methods ?? [])
      .filter((method) => /"(?:Wait|ReceiveBytes)Options"/.test(JSON.stringify(method)))
      .map((method) => `${name}.${method.name}`)
  );
  const tested = Object.keys(WAITS).filter((name) => name !== "Connection.poll").map((name) =>
    name.replace(/^\w+(?=\.(?:acquire|use)$)/, "Acquirable").replace("JoinableQueue.get", "Queue.get")
  );
  assertEquals([...new Set(found)].toSorted(), [...new Set(tested)].toSorted());
});

/** The part of the output of `deno doc --json` that is used. */
interface DocOutput {
  readonly nodes: Record<string, {
    readonly symbols: {
      readonly name: string;
      readonly declarations: {
        readonly kind: string;
        readonly def?: { readonly methods?: { readonly name: string }[] };
      }[];
    }[];
  }>;
}

async function documentation(): Promise<DocOutput> {
  const entries = Object.values(config.exports).map((path) => new URL(`../${path}`, import.meta.url).pathname);
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["doc", "--json", ...entries] }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Adds the names of all that ends in `Ms`, below the names around it. */
function collect(node: unknown, around: readonly string[], found: Set<string>): void {
  if (typeof node !== "object" || node === null) return;
  const { name } = node as { name?: unknown };
  const path = typeof name === "string" && name !== "" ? [...around, name] : around;
  if (path !== around && /[a-z]Ms$/.test(name as string)) found.add(path.join("."));
  for (const part of Object.values(node)) collect(part, path, found);
}
