// End-to-end tests of a pool's live page: what it tells of a real pool, and what an operator can do.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Dashboard, Pool, PoolClosedError } from "../../mod.ts";
import type { PageStart, PageState } from "../../src/dashboard/state.ts";
import { until } from "../helpers/programs/processes.ts";

const LIMIT_MS = 60_000;

/** Reads the page's events, as the browser does. */
class Viewer implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  private constructor(reader: ReadableStreamDefaultReader<string>) {
    this.#reader = reader;
  }

  static async open(dashboard: Dashboard): Promise<Viewer> {
    const response = await fetch(dashboard.url.replace("/?", "/events?"));
    return new Viewer(response.body!.pipeThrough(new TextDecoderStream()).getReader());
  }

  async next(): Promise<{ event: string; data: unknown }> {
    while (!this.#text.includes("\n\n")) {
      const { value, done } = await this.#reader.read();
      if (done) return { event: "closed", data: undefined };
      this.#text += value;
    }
    const end = this.#text.indexOf("\n\n");
    const [, event, data] = /^event: (\w+)\ndata: (.*)$/s.exec(this.#text.slice(0, end))!;
    this.#text = this.#text.slice(end + 2);
    return { event: event!, data: JSON.parse(data!) };
  }

  /** The first state that is as wanted. */
  async state(isWanted: (state: PageState) => boolean): Promise<PageState> {
    while (true) {
      const { event, data } = await this.next();
      const state = event === "start" ? (data as PageStart).state : data as PageState;
      if (event === "closed") throw new Error("The page ended");
      if (event !== "end" && isWanted(state)) return state;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel();
  }
}

async function act(dashboard: Dashboard, action: string, value?: number): Promise<void> {
  const response = await fetch(dashboard.url.replace("/?", "/control?"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ action, value }),
  });
  await response.body?.cancel();
  assertEquals(response.status, 204);
}

const nap = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const speak = (text: string): number => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
const fail = (n: number): never => {
  throw new RangeError(`number ${n} is wrong`);
};

Deno.test("Pool.serveDashboard() shows tasks, workers, output, failures and grants of the pool", async () => {
  await using pool = new Pool({ workers: 2, name: "shown", output: "events", permissions: { read: ["/srv/data"] } });
  await using dashboard = await pool.serveDashboard();
  await using viewer = await Viewer.open(dashboard);
  const { event, data } = await viewer.next();
  const start = data as PageStart;
  assertEquals([event, start.name, start.control], ["start", "shown", false]);
  assertEquals(start.grants.slice(0, 2), ["read: /srv/data", "No write, net, env, sys, run, ffi, import"]);
  const long = pool.apply(nap, [600_000]).catch(() => {});
  await pool.apply(speak, ["hello from a task"]);
  for (const n of [1, 2, 3]) await assertRejects(() => pool.apply(fail, [n]), RangeError);
  // A report may come between two of the failures, and the output of a task before that.
  const state = await viewer.state(({ totals, workers }) =>
    totals.failed === 3 && workers.some(({ task }) => task?.name === "nap") &&
    workers.some(({ output }) => output !== "")
  );
  assertEquals(state.failures.map(({ name, shape, count }) => [name, shape, count]), [[
    "RangeError",
    "number # is wrong",
    3,
  ]]);
  assertEquals([state.totals.completed, state.totals.failed, state.totals.running], [1, 3, 1]);
  assert(state.workers.some(({ output }) => output === "hello from a task\n"));
  await pool.terminate();
  await long;
});

/** All that a viewer is told until the page ends: the last state, and why it ends. */
async function lastWords(viewer: Viewer): Promise<{ state: PageState; reason: unknown }> {
  let [state, reason]: [PageState | undefined, unknown] = [undefined, undefined];
  for (let next = await viewer.next(); next.event !== "closed"; next = await viewer.next()) {
    if (next.event === "state") state = next.data as PageState;
    else if (next.event === "end") ({ reason } = next.data as { reason: unknown });
  }
  return { state: state!, reason };
}

Deno.test("Pool.serveDashboard() ends with its pool, and tells its viewers what became of all tasks", async () => {
  const pool = new Pool({ workers: 1 });
  const dashboard = await pool.serveDashboard();
  await using viewer = await Viewer.open(dashboard);
  await pool.map(Math.sqrt, [1, 4, 9], { chunkSize: 1 });
  await assertRejects(() => pool.apply(fail, [1]), RangeError);
  await assertRejects(() => pool.apply(Math.sqrt, [1], { signal: AbortSignal.abort() }));
  pool.close();
  await pool.join();
  const { state, reason } = await lastWords(viewer);
  const { completed, failed, cancelled, running } = state.totals;
  assertEquals([completed, failed, cancelled, running], [3, 1, 1, 0]);
  assertEquals(state.failures.map(({ name }) => name), ["RangeError"], "what was cancelled has not failed");
  assertEquals(reason, "the pool has ended");
  await dashboard.close();
});

Deno.test("Dashboard.count() counts items and their failures, where the page was served for items", async () => {
  await using pool = new Pool({ workers: 1 });
  await using dashboard = await pool.serveDashboard({ items: "Records" });
  await using viewer = await Viewer.open(dashboard);
  assertEquals(((await viewer.next()).data as PageStart).items, "Records");
  dashboard.count(3);
  dashboard.count(4, [new RangeError("number 8 is wrong")]);
  const { items, failures, totals } = await viewer.state(({ items }) => items!.failed > 0);
  assertEquals([items, failures.map(({ example }) => example)], [{ completed: 7, failed: 1 }, ["number 8 is wrong"]]);
  assertEquals([totals.completed, totals.failed], [0, 0]);
  for (const wrong of [[-1], [1.5], ["1"], [1, new Error("alone")]] as never[]) {
    assertThrows(() => dashboard.count(...wrong as [number]), TypeError, "a list of errors");
  }
  await using plain = await pool.serveDashboard();
  assertThrows(() => plain.count(1), TypeError, 'the live page was served without "items"');
});

Deno.test("Dashboard.close() does not say that the pool has ended", async () => {
  await using pool = new Pool({ workers: 1 });
  const dashboard = await pool.serveDashboard();
  await using viewer = await Viewer.open(dashboard);
  await dashboard.close();
  assertEquals((await lastWords(viewer)).reason, "this page was closed, its pool may go on");
});

Deno.test("A viewer with control pauses and resumes the pool, changes its size, and kills a worker", async () => {
  await using pool = new Pool({ workers: 2 });
  await using dashboard = await pool.serveDashboard({ control: true });
  await using viewer = await Viewer.open(dashboard);
  await pool.ready();

  await act(dashboard, "pause");
  const held = pool.apply(Math.sqrt, [16]);
  await viewer.state(({ paused, totals }) => paused && totals.waiting === 1);
  assertEquals(pool.stats().running, 0);
  await act(dashboard, "resume");
  assertEquals(await held, 4);

  await act(dashboard, "resize", 1);
  assert(await until(() => pool.workers.length === 1, LIMIT_MS), "a worker that is too many leaves");
  assertEquals(await pool.map(Math.sqrt, [1, 4, 9], { chunkSize: 1 }), [1, 2, 3]);
  assertEquals(pool.workers.length, 1);
  assertEquals(await Promise.all(["a", "b", "c", "d"].map((key) => pool.apply(Math.sqrt, [4], { key }))), [2, 2, 2, 2]);
  await act(dashboard, "resize", 2);
  await pool.ready();
  assertEquals(pool.workers.map(({ workerId }) => workerId), [0, 1]);

  const victim = pool.workers[0]!.pid;
  await act(dashboard, "kill", 0);
  assert(await until(() => pool.workers.every(({ pid }) => pid !== victim), LIMIT_MS));
  assertEquals(await pool.apply(Math.sqrt, [25]), 5);
});

Deno.test("A pool that a viewer paused goes on when its page is closed, unless one let it go on before", async () => {
  await using pool = new Pool({ workers: 1 });
  await using other = await pool.serveDashboard({ control: true });
  await act(other, "pause");
  await act(other, "resume");
  const dashboard = await pool.serveDashboard({ control: true });
  await act(dashboard, "pause");
  const held = pool.apply(Math.sqrt, [16]);
  await other.close();
  await using viewer = await Viewer.open(dashboard);
  await viewer.state(({ paused, totals }) => paused && totals.waiting === 1);
  await dashboard.close();
  assertEquals(await held, 4);
});

Deno.test("Pool.serveDashboard() refuses options that it does not know, and a port that is taken", async () => {
  await using pool = new Pool({ workers: 1 });
  await assertRejects(() => pool.serveDashboard({ prot: 1 } as object), TypeError, '"prot" is not an option of it');
  await assertRejects(() => pool.serveDashboard({ port: 70_000 }), RangeError, '"port" is 70000');
  await assertRejects(() => pool.serveDashboard({ control: 1 } as object), TypeError, '"control" is number');
  await using dashboard = await pool.serveDashboard();
  const port = Number(new URL(dashboard.url).port);
  await assertRejects(() => pool.serveDashboard({ port }), Deno.errors.AddrInUse);
});

Deno.test("Pool.untrusted() has limits, which can be changed but not by undefined, and needs a module", async () => {
  const folder = new URL("../../examples/sandbox/plugins/word_count/", import.meta.url);
  // What a caller passes on may be undefined, whatever the types say: it must not make the module a trusted one.
  const passedOn = { trust: undefined, memoryLimitMiB: undefined, maxFrameBytes: undefined } as never;
  await using pool = Pool.untrusted(new URL("plugin.ts", folder), passedOn);
  await using dashboard = await pool.serveDashboard();
  await using viewer = await Viewer.open(dashboard);
  const { grants } = (await viewer.next()).data as PageStart;
  assertEquals(grants, [
    "No read, write, net, env, sys, run, ffi, import",
    "Its module is untrusted: it loads from its own folder only",
    "Memory: 256 MiB beyond an idle worker",
    "Messages: up to 1 MiB",
  ]);
  assertThrows(() => Pool.untrusted(undefined as unknown as string), TypeError);
});

Deno.test("Pool.serveDashboard() serves a closed pool that still works, and refuses one that has ended", async () => {
  const pool = new Pool({ workers: 1, name: "thumbnails" });
  const working = pool.apply(() => new Promise<number>((resolve) => setTimeout(resolve, 50, 5)));
  pool.close();
  const dashboard = await pool.serveDashboard();
  assertEquals(await working, 5);
  await pool.join();
  await dashboard.close();
  await assertRejects(
    () => pool.serveDashboard(),
    PoolClosedError,
    "Cannot serve a dashboard: thumbnails has ended, serve it before it is closed",
  );
});
