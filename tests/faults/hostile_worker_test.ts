/** End-to-end tests of workers whose code writes to the protocol's stream behind the library's back. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import {
  BrokenPoolError,
  PayloadTooLargeError,
  Pool,
  ProtocolError,
  TaskTimeoutError,
  WorkerExitError,
  WorkerStartError,
} from "../../mod.ts";
import { catchErrors } from "../helpers/pools/catch_errors.ts";
import { EventLog } from "../helpers/pools/events.ts";
import { alive } from "../helpers/programs/processes.ts";
import { sharedStep } from "../helpers/pools/shared_pool.ts";

const FORGE = import.meta.resolve("../fixtures/attacks/forge_frames.ts");

type Forge = typeof import("../fixtures/attacks/forge_frames.ts");

const double = (x: number): number => x * 2;

/**
 * What a hostile task writes; `$ID` stands for the id of the task itself, `$OTHER` for one that another worker holds. More that is not a message
 * of a child, and is refused in the same way, is in `tests/wire/messages_test.ts`.
 */
const VIOLATIONS: Record<string, string[]> = {
  "a result of another worker's task": ['["result",$OTHER,0,"forged"]'],
  "a result without a value of another worker's task": ['["result",$OTHER]'],
  "an error of another worker's task": ['["error",$OTHER,0,"forged"]'],
  "a chunk's result of another worker's task": ['["chunk",$OTHER,1,0,["forged"]]'],
  "progress of another worker's task": ['["progress",$OTHER,0,1]'],
  "another worker's task back": ['["returned",[$OTHER]]'],
  "its own task back": ['["returned",[$ID]]'],
  "a result of a task that never was": ['["result",987654321,0,1]'],
  "its result twice": ['["result",$ID,0,1]', '["result",$ID,0,2]'],
  "a message of an unknown kind": ['["shutdown",1]'],
  "a second greeting": ['["hello",1,"0.1.0"]'],
  "no JSON": ["result"],
  "an unknown tag": ['["result",$ID,1,{"$":"function","v":"x"}]'],
  "a reference to a part that is not there": ['["result",$ID,1,{"$":"u8","part":9}]'],
  "a list of numbers without its bytes": ['["result",$ID,1,{"$":"numbers","k":"Int32Array","p":0}]'],
  "a chunk's result for a call": ['["chunk",$ID,1,0,[1]]'],
  "output without bytes": ['["output",1,0,null]'],
};

/** Has each of the attempts made on one pool of two workers, which replaces those that it loses: so each also finds what the ones before left behind. */
async function onOnePool<T>(
  t: Deno.TestContext,
  attempts: Record<string, T>,
  name: (what: string) => string,
  attempt: (pool: Pool<Forge>, log: EventLog, given: T, what: string) => Promise<void>,
): Promise<void> {
  let log = new EventLog();
  await using pool = new Pool<Forge>({ workers: 2, module: FORGE, onEvent: (event) => log.listener(event) });
  for (const [what, given] of Object.entries(attempts)) {
    await pool.ready();
    log = new EventLog();
    await sharedStep(t, name(what), () => attempt(pool, log, given, what));
  }
}

Deno.test("Pool kills only the worker that breaks the protocol", (t) =>
  onOnePool(
    t,
    VIOLATIONS,
    (what) => `Pool kills only the worker that sends ${what}`,
    async (pool, log, frames, what) => {
      const victim = pool.apply("wait", [60]);
      await log.reached("taskStart", 1);
      const hostile = pool.apply("forge", [log.of("taskStart")[0]!.taskId, frames]);
      const [stolen, forged] = await Promise.allSettled([victim, hostile]);
      assertEquals(stolen, { status: "fulfilled", value: "mine" });
      if (what === "its result twice") assertEquals(forged, { status: "fulfilled", value: 1 });
      else {
        assert(forged.status === "rejected");
        assertInstanceOf(forged.reason, ProtocolError);
        assertEquals([forged.reason.name, forged.reason.taskStarted], ["ProtocolError", true]);
      }
      await log.reached("exit", 1);
      const [violation] = log.of("violation");
      assertInstanceOf(violation?.error, ProtocolError);
      assertEquals(violation.pid, log.of("taskStart")[1]!.pid);
      assertEquals(log.of("exit").map(({ pid }) => pid), [violation.pid]);
      assertEquals(await pool.map("double", [1, 2, 3], { chunkSize: 1 }), [2, 4, 6]);
      await pool.ready();
      assertEquals(pool.workers.length, 2);
    },
  ));

const RAW: Record<string, number[]> = {
  "garbage": Array.from({ length: 3000 }, (_, index) => (index * 7919 + 13) % 256),
  "text as print() of another language would": [...new TextEncoder().encode("hello, world\n")],
  "the largest length": [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1],
  "a length of zero": [0, 0, 0, 0],
  "a text longer than its frame": [0, 0, 0, 6, 0, 0, 0, 99, 91, 93],
  "text that is not UTF-8": [0, 0, 0, 6, 0, 0, 0, 2, 0xff, 0xfe],
};

Deno.test("Pool kills only the worker that writes something else than messages", (t) =>
  onOnePool(
    t,
    RAW,
    (what) => `Pool kills only the worker that writes ${what} to its stdout`,
    async (pool, log, bytes) => {
      const before = Deno.memoryUsage().rss;
      const [error, other] = await Promise.all([
        assertRejects(() => pool.apply("write", [bytes]), ProtocolError),
        pool.apply("double", [21]),
      ]);
      assertEquals([error.taskStarted, other], [true, 42]);
      assertEquals(log.of("violation").length, 1);
      assert(Deno.memoryUsage().rss - before < 200 * 1024 * 1024);
      assertEquals(await pool.apply("double", [4]), 8);
    },
  ));

Deno.test("Pool loses one task when its worker leaves half a frame", async (t) => {
  const half = [0, 0, 0, 100, 0, 0, 0, 96, 91, 34];
  await using pool = new Pool<Forge>({ workers: 1, module: FORGE });
  const step = async (name: string, fn: () => Promise<void>): Promise<void> => {
    await sharedStep(t, name, fn);
    assertEquals(await pool.apply("double", [4]), 8);
  };
  for (const exitCode of [0, 5]) {
    await step(
      `Pool rejects with ProtocolError when a worker exits with ${exitCode} in the middle of a frame`,
      async () => {
        const error = await assertRejects(() => pool.apply("write", [half, exitCode]), ProtocolError);
        assertEquals([error.exitCode, error.taskStarted], [exitCode, true]);
      },
    );
  }
  await step("Pool gives nobody what a worker writes into half a frame", async () => {
    // Its own result lands inside the frame that it began, and so is never read.
    const [first, second] = await Promise.allSettled([
      pool.apply("write", [half, null, true], { timeoutMs: 200 }),
      pool.apply("double", [4]),
    ]);
    assertInstanceOf(first.status === "rejected" && first.reason, TaskTimeoutError);
    assertEquals(second, { status: "fulfilled", value: 8 });
  });
});

Deno.test("Pool.map() rejects when a worker answers a chunk with a single result", async () => {
  const log = new EventLog();
  await using pool = new Pool<Forge>({ workers: 1, module: FORGE, onEvent: log.listener });
  await assertRejects(() => pool.map("forgeResult", ['["result",$ID,0,5]']), ProtocolError);
  await assertRejects(() => pool.map("forgeResult", ['["result",$ID]']), ProtocolError);
  await assertRejects(() => pool.map("forgeResult", ['["chunk",$ID,1,0,{"length":1}]']), ProtocolError);
  await assertRejects(() => pool.map("forgeResult", ['["chunk",$ID,1,0,[]]']), ProtocolError);
  await assertRejects(
    () => pool.map("forgeResult", ['["chunkErrors",$ID,1,0,{"values":[1],"errors":[[0]]}]']),
    ProtocolError,
  );
  assertEquals(log.of("violation").length, 5);
  assertEquals(await pool.map("double", [1, 2]), [2, 4]);
});

Deno.test("Pool.map() rejects when parts of a worker's answer do not fit the chunk", async () => {
  const log = new EventLog();
  await using pool = new Pool<Forge>({ workers: 1, module: FORGE, onEvent: log.listener });
  const part = '["part",$ID,0,{"values":[5],"errors":[]}]';
  const forged = [
    [part, part],
    ['["part",$ID,0,{"values":[],"errors":[]}]'],
    ['["part",$ID,0,{"values":[1]}]'],
    ['["part",$ID,0,[1]]'],
    ['["part",$ID,0,{"values":[1],"errors":[[0,1],[0,1]]}]'],
    ['["part",77777,0,{"values":[1],"errors":[]}]'],
    [part, '["chunk",$ID,1,0,[6]]'],
    [part, '["chunkErrors",$ID,1,0,null]'],
    ['["part",$ID,0,{"values":[1],"errors":[[5,1]]}]', '["chunk",$ID,1,0,[]]'],
  ];
  for (const frames of forged) {
    await assertRejects(() => pool.starmap("forge", [[0, frames]]), ProtocolError, undefined, frames.join());
  }
  assertEquals(log.of("violation").length, forged.length);
  assertEquals(await pool.map("double", [1, 2]), [2, 4]);
});

Deno.test("Pool.map() rejects when a worker dies between the parts of its answer, and the next one starts without them", async () => {
  const log = new EventLog();
  await using pool = new Pool<Forge>({ workers: 1, module: FORGE, onEvent: log.listener });
  const part = '["part",$ID,0,{"values":[5],"errors":[]}]';
  const error = await pool.map("forgeAndExit", [[part]], { retries: 1 }).catch((error) => error);
  assertInstanceOf(error, WorkerExitError);
  assertEquals([error.taskStarted, log.of("violation").length], [true, 0]);
  assertEquals(await pool.map("double", [1, 2]), [2, 4]);
});

Deno.test("Pool leaves Object.prototype alone when a worker forges __proto__ in values and errors", async () => {
  const hostile = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
  const frames = [
    `["result",$ID,0,${hostile}]`,
    `["result",$ID,1,${hostile}]`,
    `["error",$ID,0,${hostile}]`,
    `["error",$ID,1,${hostile}]`,
    `["error",$ID,1,{"$":"Error","name":"__proto__","message":"x","props":${hostile}}]`,
  ];
  for (const frame of frames) {
    const pool = new Pool<Forge>({ workers: 1, module: FORGE });
    const outcome: unknown = await pool.apply("forge", [0, [frame]]).catch((error) => error);
    await pool.terminate();
    assertEquals(typeof outcome, "object");
    assertEquals((outcome as Record<string, unknown>).polluted, undefined);
    assertEquals(({} as Record<string, unknown>).polluted, undefined);
  }
});

Deno.test("Pool treats what onProgress throws as the caller's fault, not the worker's", async () => {
  const log = new EventLog();
  await using pool = new Pool<Forge>({ workers: 1, module: FORGE, onEvent: log.listener });
  const reported: unknown[] = [];
  using _ = catchErrors((_callback, error) => reported.push(error));
  const onProgress = (): void => {
    throw new RangeError("the listener's own fault");
  };
  assertEquals(await pool.apply("reportProgress", [3], { onProgress }), 3);
  assertInstanceOf(reported[0], RangeError);
  assertEquals(log.of("violation"), []);
});

/** A worker that is not a Deno at all: a shell script with a worker's stdout. */
async function withImpostor(script: string, body: (denoPath: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/deno`;
    await Deno.writeTextFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await body(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const IMPOSTOR = new URL("../fixtures/attacks/impostor.ts", import.meta.url).pathname;

/** A line of the script, which reads the hello and writes messages as a worker would. */
const say = (...messages: string[]): string =>
  [Deno.execPath(), "run", "--quiet", "--no-config", "--no-lock", "--allow-read", IMPOSTOR, ...messages]
    .map((word) => `'${word}'`).join(" ");
const HELLO = '["hello",1,"0.1.0"]';
const READY = '["ready"]';

/**
 * Ends its output when it has said that it is ready, and lives on. A shell waits for a command in the background only as long as no signal comes: what
 * it has started, and has its input, would outlive the worker that is started in the place of the first, and is ended while it loads.
 */
const LEAVE = `${say("leave", HELLO, READY)} & trap "kill $!; exit" TERM; wait; trap - TERM; exec /bin/sleep 30 >&-`;

const IMPOSTORS: Record<string, [script: string, message: string]> = {
  "greets with another protocol": [`exec ${say('["hello",99,"9.9.9"]')}`, "protocol 99"],
  "does not greet": [`exec ${say(READY)}`, '"ready"'],
  "prints a message of its own": [
    "echo cannot find the file; exec /bin/sleep 30",
    "what it wrote first is not a message",
  ],
};

for (const [what, [script, message]] of Object.entries(IMPOSTORS)) {
  Deno.test({
    name: `Pool.apply() rejects when the worker ${what}`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withImpostor(script, async (denoPath) => {
        await using pool = new Pool({ workers: 1, denoPath });
        const error = await assertRejects(() => pool.apply(double, [1]), Error);
        assert(error instanceof ProtocolError || error instanceof BrokenPoolError, error.name);
        assertStringIncludes(error.message, message);
      }),
  });
}

Deno.test({
  name: "Pool rejects the running task when its worker ends its output and lives on",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withImpostor(LEAVE, async (denoPath) => {
      const log = new EventLog();
      const pool = new Pool({ workers: 1, denoPath, onEvent: log.listener });
      const error = await assertRejects(() => pool.apply(double, [1]), ProtocolError);
      assertStringIncludes(error.message, "closed its standard output");
      await pool.terminate();
      assertEquals(await alive(log.pids), []);
    }),
});

Deno.test("Pool.apply() rejects with WorkerStartError when the executable is not there", async () => {
  await using pool = new Pool({ workers: 1, denoPath: "/nowhere/deno" });
  const error = await assertRejects(() => pool.apply(double, [1]), WorkerStartError);
  assertEquals(error.taskStarted, false);
  assertEquals(error instanceof WorkerExitError, true);
  assertEquals(error instanceof PayloadTooLargeError, false);
});

Deno.test("Pool does no more for a worker that says again and again that it stands by", async () => {
  const log = new EventLog();
  await using pool = new Pool<Forge>({ workers: 1, module: FORGE, onEvent: log.listener });
  const frame = [0, 0, 0, 15, 0, 0, 0, 11, ...new TextEncoder().encode('["standby"]')];
  assertEquals(await pool.apply("write", [Array.from({ length: 1000 }, () => frame).flat(), null, true]), "written");
  assertEquals(await pool.apply("double", [4]), 8);
  assertEquals(log.of("violation").length, 0);
});
