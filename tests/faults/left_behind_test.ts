/** End-to-end: What a task leaves behind in its worker costs the next task nothing. */
// deno-lint-ignore-file no-console -- tasks print
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Pool, WorkerExitError } from "../../mod.ts";
import { EventLog } from "../helpers/pools/events.ts";
import { until } from "../helpers/programs/processes.ts";
import { sharedStep } from "../helpers/pools/shared_pool.ts";

const pidOf = (): number => Deno.pid;

/** Ways to leave a rejection behind that comes while the next task runs. */
const REJECTIONS: Record<string, () => unknown> = {
  "of a timer": () => void setTimeout(() => Promise.reject(new Error("left")), 50),
  "of an async function": () => {
    (async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Error("left");
    })();
  },
  "of Promise.all()": () => {
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error("left")), 50));
    Promise.all([late, late]);
  },
  "of a fetch": () =>
    void fetch("http://127.0.0.1:1/").catch((error) => Promise.reject(new Error(`left ${error.name}`))),
  "of a message": () => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      Promise.reject(new Error("left"));
    };
    setTimeout(() => port2.postMessage(0), 50);
  },
};

/** Has tasks of one worker leave something behind, one after the other; each time it is reported while the next task runs, which goes on. */
async function leaveInOneWorker(
  t: Deno.TestContext,
  concurrency: number,
  ways: Record<string, () => unknown>,
  name: (way: string) => string,
  report: string,
): Promise<void> {
  let log = new EventLog();
  await using pool = new Pool({ workers: 1, concurrency, onEvent: (event) => log.listener(event) });
  const pid = await pool.apply(pidOf);
  for (const [way, leave] of Object.entries(ways)) {
    log = new EventLog();
    await sharedStep(t, name(way), async () => {
      await pool.apply(leave);
      const next = pool.apply(async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        return Deno.pid;
      });
      await log.reached("output", 1);
      assertStringIncludes(log.text("stderr"), report);
      assertStringIncludes(log.text("stderr"), "Error: left");
      assertEquals([await next, await pool.apply(pidOf)], [pid, pid]);
    });
  }
}

for (const concurrency of [1, 2]) {
  Deno.test(`rejections that come after their answers, ${concurrency} at once, end no worker`, (t) =>
    leaveInOneWorker(
      t,
      concurrency,
      REJECTIONS,
      (what) =>
        `a rejection ${what} that comes after its answer is reported, ${concurrency} at once, and the next task goes on`,
      "Uncaught (in promise) of a task that was answered already: ",
    ));
}

Deno.test("a rejection that a task left behind is reported also where the module has put a function of its own in place of addEventListener", async () => {
  const log = new EventLog();
  const module = "data:text/javascript,globalThis.addEventListener = () => { throw new Error('no listening here'); };";
  await using pool = new Pool({ workers: 1, module: new URL(module), onEvent: log.listener });
  const pid = await pool.apply(pidOf);
  await pool.apply(REJECTIONS["of a timer"]!);
  await log.reached("output", 1);
  assertStringIncludes(log.text("stderr"), "Uncaught (in promise) of a task that was answered already: Error: left");
  assertEquals(await pool.apply(pidOf), pid);
});

const ERRORS: Record<string, () => void> = {
  "in a microtask": () => {
    setTimeout(() =>
      queueMicrotask(() => {
        throw new Error("left");
      }), 50);
  },
  "in a listener": () => {
    setTimeout(() => {
      const target = new EventTarget();
      target.addEventListener("any", () => {
        throw new Error("left");
      });
      target.dispatchEvent(new Event("any"));
    }, 50);
  },
  "by reportError()": () => {
    setTimeout(() => reportError(new Error("left")), 50);
  },
};

Deno.test("errors that are thrown after their answers end no worker", (t) =>
  leaveInOneWorker(
    t,
    1,
    ERRORS,
    (how) => `an error thrown ${how} after its answer is reported, and the task that runs goes on`,
    "Uncaught of a task that was answered already: Error: left",
  ));

Deno.test("an error thrown by a timer in an idle worker is reported, and the worker goes on", async () => {
  const log = new EventLog();
  await using pool = new Pool({ workers: 1, onEvent: log.listener });
  const pid = await pool.apply(pidOf);
  await pool.apply(() => {
    setTimeout(() => {
      throw new Error("left");
    }, 20);
  });
  await log.reached("output", 1);
  assertStringIncludes(log.text("stderr"), "Uncaught of a task that was answered already: Error: left");
  assertEquals(await pool.apply(pidOf), pid);
});

Deno.test("a rejection of a task that runs ends that task, with its reason on stderr", async () => {
  await using pool = new Pool({ workers: 1 });
  const error = await assertRejects(
    () =>
      pool.apply(() => {
        Promise.reject(new Error("its own"));
        return new Promise(() => setInterval(() => {}, 1e6));
      }),
    WorkerExitError,
  );
  assertStringIncludes(error.stderrTail, "its own");
  assertEquals(await pool.apply(Math.sqrt, [4]), 2);
});

Deno.test("what a task prints after its answer is told of that task, and not of the one that runs", async () => {
  const log = new EventLog();
  await using pool = new Pool({ workers: 1, onEvent: log.listener });
  await pool.apply(() => void setTimeout(() => console.log("left"), 50));
  await pool.apply(() => new Promise((resolve) => setTimeout(() => resolve(console.log("own")), 200)));
  const [first, second] = log.of("taskStart").map(({ taskId }) => taskId);
  const texts = log.of("output").map(({ taskId, bytes }) => [taskId, new TextDecoder().decode(bytes)]);
  assertEquals(texts, [[first, "left\n"], [second, "own\n"]]);
});

const BURNERS: Record<string, () => unknown> = {
  "a thread": () => void new Worker("data:text/javascript,for(;;);", { type: "module" }),
  "a timer": () =>
    void setInterval(() => {
      const start = performance.now();
      while (performance.now() - start < 50);
    }, 0),
};

for (const [what, leave] of Object.entries(BURNERS)) {
  Deno.test(`an idle worker in which a task left ${what} that burns a processor is replaced`, async () => {
    const log = new EventLog();
    await using pool = new Pool({ workers: 1, onEvent: log.listener });
    const pid = await pool.apply(pidOf);
    await pool.apply(leave);
    // On a busy machine the burner gets little of it.
    assert(await until(() => log.of("exit").length > 0, 120_000), "it is not replaced");
    assertStringIncludes(log.text("stderr"), "by a thread or timer that a task left behind: it ends, and is replaced");
    assertEquals(await pool.apply(pidOf) === pid, false);
    assertEquals(pool.stats().retried, 0);
  });
}

/** A module that works for more than two seconds of processor time once it is loaded, and says so. */
const FILLS_A_CACHE = `const timer = setInterval(() => {
  for (const start = performance.now(); performance.now() - start < 50;);
  if (Deno.cpuUsage().user < 2.3e6) return;
  clearInterval(timer);
  console.log("full");
}, 0);`;

Deno.test("an idle worker whose module works before the first task is left alone", async () => {
  const log = new EventLog();
  const module = `data:text/javascript,${encodeURIComponent(FILLS_A_CACHE)}`;
  await using pool = new Pool({ workers: 1, module, onEvent: log.listener });
  await pool.ready();
  const pid = log.of("ready")[0]!.pid;
  assert(await until(() => log.text("stdout").includes("full"), 120_000), "it does not end");
  assertEquals(await pool.apply(pidOf), pid);
});

Deno.test("an idle worker keeps what costs little", async () => {
  await using pool = new Pool({ workers: 1 });
  const pid = await pool.apply(pidOf);
  await pool.apply(() => void setInterval(() => {}, 10));
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assertEquals(await pool.apply(pidOf), pid);
});
