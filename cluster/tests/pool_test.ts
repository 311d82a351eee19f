// End-to-end: a Pool and an executor on one agent behave as they do at home. What works, and the exact refusals of what does not.
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  EncodingError,
  FunctionNotFoundError,
  Lock,
  PayloadTooLargeError,
  Pool,
  ProcessPoolExecutor,
  TaskTimeoutError,
} from "@corral/multiprocessing";
import { Cluster } from "../mod.ts";
import { Caller } from "./helpers/caller.ts";
import { Notes } from "./helpers/notes.ts";
import { NO_REDIS, type RedisServer } from "./helpers/redis_server.ts";
import { startGroup } from "./helpers/start_group.ts";
import { SECRET } from "./helpers/secret.ts";
import { TASKS } from "./helpers/task_module.ts";
import type * as tasks from "./fixtures/tasks.ts";
import { square } from "./fixtures/tasks.ts";

const options = { ignore: NO_REDIS !== undefined };
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** One Redis and one agent for all tests. */
const group = new AsyncDisposableStack();
let redis: RedisServer;
let folder = "";

Deno.test.beforeAll(async () => {
  if (options.ignore) return;
  ({ redis, folder } = await startGroup(
    group,
    (folder) => ({ jobs: 2, flags: [`--allow-read=${folder}`, `--allow-write=${folder}`, "--trace"] }),
  ));
});

Deno.test.afterAll(() => group.disposeAsync());

class Home implements AsyncDisposable {
  readonly cluster = new Cluster({ redis: redis.url, secret: SECRET });
  readonly pool = new Pool<typeof tasks>({ backend: this.cluster, module: TASKS });

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.terminate();
    await this.cluster[Symbol.asyncDispose]();
  }
}

Deno.test(
  "a Pool on a cluster: calls by name, by value and of built-ins; errors, limits, aborts and progress",
  options,
  async () => {
    await using home = new Home();
    const { pool } = home;
    await pool.ready();
    assertEquals(await pool.apply("square", [7]), 49);
    assertEquals(await pool.apply(square, [8]), 64);
    assertEquals(await pool.apply(Math.sqrt, [81]), 9);
    assertEquals(await pool.applyAsync("square", [9]).get(), 81);
    for (const call of [() => pool.apply("read", ["/not/granted"]), () => pool.map("read", ["/not/granted"])]) {
      const { message } = await call().then(() => new Error("It was read"), (error: Error) => error);
      assertStringIncludes(message, "in a worker of an agent: start agents with `--allow-read=/not/granted`, see ");
    }
    const error = await pool.apply("fail", ["boom"]).catch((error) => error);
    assertInstanceOf(error, RangeError);
    assertEquals([error.message, (error.cause as Error).message], ["boom", "below"]);
    assertEquals([(error as never)["code"], (error as never)["agent"]], [42, "host-1"]);
    assert(error.stack!.includes("pool_test.ts"), "the caller's frames are there");
    const late = await pool.apply("spin", [], { timeoutMs: 300 }).catch((error) => error);
    assertInstanceOf(late, TaskTimeoutError);
    await assertRejects(() => pool.apply("spin", [], { signal: AbortSignal.timeout(300) }), DOMException, "timeout");
    const seen: unknown[] = [];
    assertEquals(await pool.apply("report", [5], { onProgress: (value) => seen.push(value) }), 5);
    assertEquals(seen.at(-1), { index: 4 });
    await assertRejects(
      () => pool.apply((x: number) => x + 1, [1]),
      FunctionNotFoundError,
      "not an export of the module",
    );
    assertEquals(pool.workers.map(({ agent }) => agent), ["host-1", "host-1"]);
    const { submitted, completed, failed, cancelled } = pool.stats();
    assertEquals(submitted, completed + failed + cancelled);
  },
);

Deno.test("a Pool on a cluster: map, starmap and imap keep order, stop and cancel as at home", options, async () => {
  await using home = new Home();
  const { pool } = home;
  assertEquals(await pool.map("square", range(20_000)), range(20_000).map((x) => x * x));
  assertEquals(await pool.starmap(Math.max, [[1, 2], [4, 3]]), [2, 4]);
  const seen: number[] = [];
  for await (const value of pool.imap("square", range(100))) seen.push(value);
  assertEquals(seen, range(100).map((x) => x * x));
  const some = new Set<number>();
  for await (const value of pool.imapUnordered("square", endless())) {
    some.add(value);
    if (some.size === 20) break;
  }
  assertEquals(some.size, 20);
  await assertRejects(() => pool.map("fail", ["first"], { chunkSize: 1 }), RangeError, "first");
  assertEquals(await pool.map("square", [1, 2, 3]), [1, 4, 9]);
});

Deno.test("an executor on a cluster: futures, map and shutdown", options, async () => {
  await using cluster = new Cluster({ redis: redis.url, secret: SECRET });
  await using executor = new ProcessPoolExecutor({ backend: cluster, module: TASKS });
  const future = executor.submit(square, 6);
  assertEquals(await future.result(), 36);
  const all: number[] = [];
  for await (const value of executor.map(square, range(50))) all.push(value);
  assertEquals(all, range(50).map((x) => x * x));
  await executor.shutdown();
});

Deno.test(
  "a trace crosses machines: what a task traces on its agent is told here, and how long it ran",
  options,
  async () => {
    await using caller = new Caller(redis.url);
    const spans: string[] = [];
    const durations: (number | undefined)[] = [];
    const trace = `00-${"ab".repeat(16)}-${"cd".repeat(8)}-01`;
    const call = caller.start("traced", [7], {
      trace,
      onSpan: ({ name }) => spans.push(name),
      onDuration: (ms) => durations.push(ms),
    });
    assertEquals(await call.result, 7);
    assertEquals(spans, ["inside the task"]);
    assert(durations[0]! >= 0);
    assertEquals(await caller.call("traced", [8], { onSpan: () => spans.push("more") }), 8);
    assertEquals(spans.length, 1);
  },
);

Deno.test("map with a runId finds what is done when it is called again, whatever pool calls", options, async () => {
  await using home = new Home();
  const input = range(40);
  const first = await home.pool.map("pid", input as never, { runId: "nightly", chunkSize: 5 } as never);
  await using again = new Pool<typeof tasks>({ backend: home.cluster, module: TASKS });
  const before = performance.now();
  assertEquals(await again.map("pid", input as never, { runId: "nightly", chunkSize: 5 } as never), first);
  assert(performance.now() - before < 60_000);
});

Deno.test(
  "a run with an id that failed: what failed runs again when it is called again, what is done does not",
  options,
  async () => {
    await using notes = await Notes.make(folder);
    await using done = await Notes.make(folder);
    await using home = new Home();
    const { pool } = home;
    const run = { runId: "weekly", chunkSize: 1 };
    assertEquals(await pool.starmap("note", [[done.path, "done"]], run), ["done"]);
    await assertRejects(() => pool.starmap("noteAndFailOnce", [[notes.path, "a"]], run), RangeError, "not yet");
    assertEquals(await pool.starmap("noteAndFailOnce", [[notes.path, "a"]], run), ["a"]);
    assertEquals(await pool.starmap("note", [[done.path, "done"]], run), ["done"]);
    assertEquals([await notes.lines(), await done.lines()], [["a", "a"], ["done"]]);
  },
);

Deno.test("what is too large is refused before anything is stored", options, async () => {
  await using home = new Home();
  await using pool = new Pool<typeof tasks>({ backend: home.cluster, module: TASKS, maxFrameBytes: 100_000 });
  await pool.ready();
  const error = await pool.apply("byteCount", [new Uint8Array(200_000)]).catch((error) => error);
  assertInstanceOf(error, PayloadTooLargeError);
  assertEquals(error.limitBytes, 100_000);
  assertEquals(await pool.apply("byteCount", [new Uint8Array(50_000)]), 50_000);
});

Deno.test("what a cluster cannot do is refused, with the reason", options, async () => {
  await using home = new Home();
  for (
    const [name, value] of Object.entries({
      workers: 2,
      cwd: "/",
      env: { A: "b" },
      permissions: "none",
      memoryLimitMiB: 64,
      trust: "untrusted",
    })
  ) {
    const error = assertThrows(
      () => new Pool({ backend: home.cluster, module: TASKS, [name]: value } as never),
      TypeError,
    ) as Error;
    assert(error.message.includes(`"${name}" has no meaning on a cluster, agents decide`), error.message);
  }
  await assertRejects(() => home.pool.apply("square", [1], { key: "a" }), TypeError);
  const lock = new Lock();
  const error = await home.pool.apply("echo", [lock]).catch((error) => error);
  assertInstanceOf(error, EncodingError);
  await assertRejects(() => home.pool.map("square", [1], { runId: "a:b", chunkSize: 1 } as never), TypeError, "runId");
  assertThrows(() => new Cluster({ redis: "10.0.0.5:6379", secret: SECRET }), TypeError, "redis://host:6379");
  assertThrows(() => new Cluster({ redis: "redis://127.0.0.1", secret: "short" }), TypeError, "openssl rand -hex 32");
  assertThrows(
    () => new Cluster({ redis: "redis://127.0.0.1", secret: SECRET, group: "a b" }),
    TypeError,
    "as a group",
  );
  assertThrows(() => new Cluster({ redis: "redis://127.0.0.1", secret: SECRET, agentTimeoutMs: -1 }), RangeError);
  assertThrows(
    () => new Cluster({ redis: "redis://127.0.0.1", secret: SECRET, retries: 1 } as never),
    TypeError,
    '"retries" is not an option',
  );
});

function* endless(): Generator<number> {
  for (let next = 0;; next++) yield next;
}
