/** Unit tests of time, on a runtime whose clock the test moves; and of its being the only file that asks the runtime. */
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows, fail } from "@std/assert";
import { denoInternals } from "../src/deno_internals.ts";
import { checkTimeout, delay, until, untilSettled } from "../src/timer.ts";

const LONGEST = 2 ** 31 - 1;

/** Which timers of the runtime the module finds: those of Deno's core, or only those that everybody has. */
const KINDS = ["core", "global"] as const;
type Kind = typeof KINDS[number];

/** The module, loaded once more, on timers that run when the test says so. */
async function loadOnFakes(kind: Kind): Promise<{ timer: typeof import("../src/timer.ts"); fakes: FakeTimers }> {
  const fakes = new FakeTimers();
  using _undo = fakes.install(kind);
  return { timer: await loadTimer(), fakes };
}

async function loadTimer(): Promise<typeof import("../src/timer.ts")> {
  return await import(import.meta.resolve(`../src/timer.ts?${crypto.randomUUID()}`));
}

/** Replaces functions of an object, until it is disposed of. */
function replace(object: object, fakes: object): Disposable {
  const before = Object.fromEntries(Object.keys(fakes).map((name) => [name, Reflect.get(object, name)]));
  Object.assign(object, fakes);
  return { [Symbol.dispose]: () => void Object.assign(object, before) };
}

function replaceInCore(fakes: object): Disposable {
  return replace(denoInternals, { core: { ...denoInternals.core, ...fakes } });
}

/** As the runtime's: what is longer than 31 bits fires at once. */
class FakeTimers {
  readonly armed = new Map<number, { at: number; fn: () => void }>();
  readonly unreferenced = new Set<number>();
  readonly delays: number[] = [];
  now = 0;
  #lastId = 0;

  install(kind: Kind): Disposable {
    const undo = new DisposableStack();
    const reference = {
      refTimer: (id: number) => this.unreferenced.delete(id),
      unrefTimer: (id: number) => this.unreferenced.add(id),
    };
    if (kind === "core") {
      const createTimer = (fn: () => void, ms: number, _args: undefined, repeats: boolean, referenced: boolean) => {
        assertEquals(repeats, false);
        const id = this.#arm(fn, ms);
        if (!referenced) this.unreferenced.add(id);
        return id;
      };
      const cancelTimer = (id: number) => this.armed.delete(id);
      undo.use(replaceInCore({ createTimer, cancelTimer, ...reference }));
    } else {
      undo.use(replaceInCore({ createTimer: undefined }));
      const setTimeout = (fn: () => void, ms: number) => this.#arm(fn, ms);
      const clearTimeout = (id: number) => this.armed.delete(id);
      undo.use(replace(globalThis, { setTimeout, clearTimeout }));
      undo.use(replace(Deno, reference));
    }
    return undo;
  }

  #arm(fn: () => void, ms: number): number {
    this.delays.push(ms);
    this.armed.set(++this.#lastId, { at: this.now + (ms > LONGEST ? 1 : ms), fn });
    return this.#lastId;
  }

  /** Runs the timer that is due next. */
  step(): boolean {
    const [next] = [...this.armed].sort(([, a], [, b]) => a.at - b.at);
    if (next === undefined) return false;
    this.armed.delete(next[0]);
    this.now = next[1].at;
    next[1].fn();
    return true;
  }
}

for (
  const [ms, kind] of [0, 1, LONGEST, LONGEST + 1, 3e9, 1e13].flatMap((ms) => KINDS.map((kind) => [ms, kind] as const))
) {
  Deno.test(`after(${ms}), ${kind}, calls once, exactly then, and never arms a longer timer than there is`, async () => {
    const { timer, fakes } = await loadOnFakes(kind);
    const calls: number[] = [];
    timer.after(ms, () => calls.push(fakes.now));
    while (fakes.step());
    assertEquals(calls, [ms]);
    assert(fakes.delays.every((delay) => delay <= LONGEST));
    assertEquals(fakes.delays.length, Math.max(1, Math.ceil(ms / LONGEST)));
  });
}

for (const kind of KINDS) {
  Deno.test(`after() of a negative time calls as soon as events have had their turn, ${kind}`, async () => {
    const { timer, fakes } = await loadOnFakes(kind);
    let calls = 0;
    timer.after(-5, () => calls++);
    assertEquals(calls, 0);
    fakes.step();
    assertEquals([calls, fakes.delays], [1, [0]]);
  });
}

for (const kind of KINDS) {
  Deno.test(`after(Infinity) arms nothing, and can be cancelled and unreferenced like any other, ${kind}`, async () => {
    const { timer, fakes } = await loadOnFakes(kind);
    const never = timer.after(Infinity, () => fail());
    never.setReferenced(false);
    never.cancel();
    assertEquals(fakes.delays, []);
  });
}

for (const [ms, kind] of [1, 250, 3e9].flatMap((ms) => KINDS.map((kind) => [ms, kind] as const))) {
  Deno.test(`every(${ms}), ${kind}, calls again and again, each time so much later, until it is cancelled`, async () => {
    const { timer, fakes } = await loadOnFakes(kind);
    const calls: number[] = [];
    const repeated = timer.every(ms, () => {
      calls.push(fakes.now);
      if (calls.length === 3) repeated.cancel();
    });
    repeated.setReferenced(false);
    do assert([...fakes.armed.keys()].every((id) => fakes.unreferenced.has(id))); while (fakes.step());
    assertEquals(calls, [ms, 2 * ms, 3 * ms]);
  });
}

for (const kind of KINDS) {
  Deno.test(`every() goes on behind a call that throws, ${kind}`, async () => {
    const { timer, fakes } = await loadOnFakes(kind);
    let calls = 0;
    timer.every(5, () => {
      calls++;
      throw new Error("this once");
    });
    assertThrows(() => fakes.step(), Error, "this once");
    assertThrows(() => fakes.step(), Error, "this once");
    assertEquals(calls, 2);
  });
}

for (const kind of KINDS) {
  Deno.test(`Timer.cancel() holds between the steps of a long delay, and after the call, ${kind}`, async () => {
    const { timer, fakes } = await loadOnFakes(kind);
    let calls = 0;
    const long = timer.after(2 * LONGEST, () => calls++);
    fakes.step();
    long.cancel();
    assertEquals(fakes.step(), false);
    const short = timer.after(1, () => calls++);
    fakes.step();
    short.cancel();
    assertEquals([calls, fakes.armed.size], [1, 0]);
  });
}

for (const kind of KINDS) {
  Deno.test(`Timer.setReferenced() holds for all steps of a long delay, ${kind}`, async () => {
    const { timer, fakes } = await loadOnFakes(kind);
    const long = timer.after(3 * LONGEST, () => {});
    const isReferenced = (): boolean => [...fakes.armed.keys()].every((id) => !fakes.unreferenced.has(id));
    assertEquals(isReferenced(), true);
    long.setReferenced(false);
    assertEquals(isReferenced(), false);
    fakes.step();
    assertEquals(isReferenced(), false);
    long.setReferenced(true);
    assertEquals(isReferenced(), true);
    fakes.step();
    assertEquals(isReferenced(), true);
  });
}

// ---------------------------------------------------------------------------
// until()
// ---------------------------------------------------------------------------

for (const kind of KINDS) {
  Deno.test(`until() tells whether it happened, and undoes its subscription, its timer and its listener, ${kind}`, async () => {
    const { timer, fakes } = await loadOnFakes(kind);
    for (const end of ["callback", "callback at once", "timeout", "abort"] as const) {
      const controller = new AbortController();
      const undone: string[] = [];
      let callback!: () => void;
      const wait = timer.until((given) => {
        callback = given;
        if (end === "callback at once") given();
        return () => undone.push(end);
      }, { timeoutMs: 1000, signal: controller.signal });
      if (end === "callback") callback();
      if (end === "timeout") fakes.step();
      if (end === "abort") {
        controller.abort("enough");
        assertEquals(await wait.catch((reason) => reason), "enough");
      } else {
        assertEquals(await wait, end !== "timeout");
      }
      callback();
      assertEquals([undone, fakes.armed.size], [[end], 0]);
    }
  });
}

Deno.test("until() does not subscribe when its signal is aborted already", async () => {
  const signal = AbortSignal.abort("never mind");
  const reason = await until(() => fail(), { signal }).catch((reason) => reason);
  assertEquals(reason, "never mind");
});

Deno.test("untilSettled() subscribes to a promise once, and so leaves nothing with one that stays unsettled", async () => {
  let subscriptions = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const counting: PromiseLike<void> = {
    then(...reactions) {
      subscriptions++;
      return promise.then(...reactions);
    },
  };
  for (let wait = 0; wait < 3; wait++) assertStrictEquals(await untilSettled(counting, { timeoutMs: 0 }), false);
  const waiting = [untilSettled(counting), untilSettled(counting, { timeoutMs: 3e9 })];
  resolve();
  assertEquals(await Promise.all(waiting), [true, true]);
  assertStrictEquals(await untilSettled(counting), true);
  assertStrictEquals(subscriptions, 1);
});

Deno.test("untilSettled() counts a rejection as settled, and hands on neither value nor error", async () => {
  assertStrictEquals(await untilSettled(Promise.resolve(false)), true);
  assertStrictEquals(await untilSettled(Promise.reject(new Error("lost")), { timeoutMs: 3e9 }), true);
  assertStrictEquals(await untilSettled(new Promise(() => {}), { timeoutMs: 0 }), false);
  await delay();
});

Deno.test("checkTimeout() refuses anything that is no limit", async () => {
  for (const fine of [undefined, -1, 0, 0.5, 3e9, Infinity, -Infinity]) checkTimeout(fine);
  assertThrows(() => checkTimeout(NaN), RangeError, 'Cannot wait: "timeoutMs" is NaN, milliseconds are wanted');
  const text = "500" as unknown as number;
  assertThrows(() => checkTimeout(text), TypeError, 'Cannot wait: "timeoutMs" is "500", a number of milliseconds');
  assertThrows(() => checkTimeout(null as unknown as number), TypeError, 'Cannot wait: "timeoutMs" is null');
  await assertRejects(() => until(() => () => {}, { timeoutMs: NaN }), RangeError);
});

// ---------------------------------------------------------------------------
// The rule that keeps fake timers away
// ---------------------------------------------------------------------------

/** What fakes replace. `Date` itself is a value that travels, too. */
const FAKED =
  /(?<![\w.#"'])(?:set(?:Timeout|Interval|Immediate)|clear(?:Timeout|Interval|Immediate)|queueMicrotask|performance|Date(?=\.now\b)|new Date(?=\(\))|process\.nextTick)\b|\bDeno\.(?:un)?refTimer\b|AbortSignal\.timeout\b|globalThis\.(?:set|clear)/;

/** Where user code's own console or its time is meant, or source text for another thread. */
const EXCEPTIONS: Record<string, string> = {
  "timer.ts": "it takes them",
  "child/streams/stdio.ts": "console.time() measures for user code",
  "child/memory_watch.ts": "the text of a thread of its own",
  "child/tasks/functions.ts": "the owner of a method that user code passes",
  "worker/reaper_program.ts": "the text of a process of its own",
  "worker/child_source.js": "generated of all the others",
};

Deno.test("timer.ts loads no timers of the runtime before somebody needs one, and keeps those that somebody replaces", async () => {
  const names = ["setTimeout", "clearTimeout", "setImmediate"];
  const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name)!);
  const loads: string[] = [];
  const calls: string[] = [];
  const descriptors = names.map((name) => {
    let value: unknown;
    return {
      get() {
        if (value === undefined) loads.push(name);
        return value ?? ((fn: () => void) => {
          calls.push(name);
          fn();
        });
      },
      set(fake: unknown) {
        value = fake;
      },
      configurable: true,
    };
  });
  try {
    names.forEach((name, index) => Object.defineProperty(globalThis, name, descriptors[index]!));
    using _hidden = replaceInCore({ createTimer: undefined });
    const timer = await loadTimer();
    assertEquals(loads, []);
    const fakes = globalThis as unknown as Record<string, unknown>;
    fakes.setTimeout = () => fail("a fake was called");
    assertEquals(loads, ["setTimeout"]);
    await timer.delay(5);
    await timer.nextTurn();
    assertEquals(loads, ["setTimeout", "setImmediate"]);
    assertEquals(calls, ["setTimeout", "setImmediate"]);
  } finally {
    names.forEach((name, index) => Object.defineProperty(globalThis, name, before[index]!));
  }
});

Deno.test("Timers of Deno's core load none of Node's, and carry what V8 does from where they were made", async () => {
  const source = `import { after } from ${JSON.stringify(import.meta.resolve("../src/timer.ts"))};
const { get } = Object.getOwnPropertyDescriptor(globalThis, "setTimeout");
const loaded = [];
Object.defineProperty(globalThis, "setTimeout", { get: () => loaded.push("setTimeout") && get.call(globalThis) });
const { core } = Deno[Deno.internal];
const outer = core.getAsyncContext();
const key = Symbol("key");
core.setAsyncContext({ [key]: "mine" });
const inside = [];
after(1, () => { inside.push(core.getAsyncContext()[key]); throw new Error("this once"); });
core.setAsyncContext(outer);
addEventListener("error", (event) => event.preventDefault());
after(5, () => console.log(JSON.stringify([inside, core.getAsyncContext()?.[key] ?? "none", loaded])));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-config", `data:text/javascript,${encodeURIComponent(source)}`],
    stderr: "inherit",
  }).output();
  assertEquals(JSON.parse(new TextDecoder().decode(stdout)), [["mine"], "none", []]);
});

Deno.test("No file of the library but timer.ts names what fake timers replace", async () => {
  const faults: string[] = [];
  for await (const path of sourceFiles("")) {
    if (Object.hasOwn(EXCEPTIONS, path)) continue;
    const text = await Deno.readTextFile(new URL(`../src/${path}`, import.meta.url));
    text.split("\n").forEach((line, index) => {
      const code = line.replace(/^\s*(?:\*|\/\*|\/\/).*/, "").replace(/\s\/\/ .*/, "");
      if (FAKED.test(code)) faults.push(`src/${path}:${index + 1}: ${line.trim()}`);
    });
  }
  assertEquals(faults, []);
});

async function* sourceFiles(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(`../src/${folder}`, import.meta.url))) {
    // The command is a program, and its runner part of it: they are nobody's library.
    if (folder === "" && (entry.name === "cli" || entry.name === "runner")) continue;
    if (entry.isDirectory) yield* sourceFiles(`${folder}${entry.name}/`);
    else yield folder + entry.name;
  }
}

for (const call of ["after(60_000, () => {})", "every(60_000, () => {})", "keepAlive()", "nextTurn()"]) {
  Deno.test(`${call}, the first timer of a program, lets nobody else have a turn in the middle of its caller's`, async () => {
    const source = `import * as timer from ${JSON.stringify(import.meta.resolve("../src/timer.ts"))};
let turns = 0;
const count = () => { turns++; if (turns < 100) queueMicrotask(count); };
// The runtime calls this listener by itself: from a microtask, none would run anyway.
addEventListener("load", () => {
  queueMicrotask(count);
  const made = timer.${call};
  console.log(turns);
  made.cancel?.();
});`;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-config", `data:text/javascript,${encodeURIComponent(source)}`],
      stderr: "inherit",
    }).output();
    // It ends at once, too: a timer that is cancelled before it is armed is none.
    assertEquals(new TextDecoder().decode(stdout), "0\n");
  });
}
