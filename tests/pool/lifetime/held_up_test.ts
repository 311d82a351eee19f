/** End-to-end tests of a pool whose program is held up, as by a loop of its own: what workers say in time is not late because it is read late. */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { type Pool, TaskTimeoutError, WorkerExitError } from "../../../mod.ts";
import { assertServes, withPool } from "../../helpers/pools/with_pool.ts";
import { childrenOf, until } from "../../helpers/programs/processes.ts";

/** In a worker: writes the file when what the function gives has left, and no event of the program was needed for it. */
function tellLater(path: string): string {
  setTimeout(() => Deno.writeTextFileSync(path, "told"), 0);
  return "told";
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Holds this program up until the worker has told what it is to tell, and beyond the limit of `limitMs`. */
function holdUp(path: string, limitMs: number): void {
  const begunAt = performance.now();
  while (performance.now() - begunAt < limitMs + 50 || !exists(path)) {
    if (performance.now() - begunAt > 100_000) throw new Error("the worker told nothing");
  }
}

/** Lets what was submitted leave, and nothing else happen. */
async function untilSent(): Promise<void> {
  for (let count = 0; count < 20; count++) await undefined;
}

const LIMIT_MS = 1000;

for (const concurrency of [1, 2]) {
  Deno.test(`Pool gives the answer of a task that came in time, read after its timeoutMs; ${concurrency} at once`, async () => {
    const folder = await Deno.makeTempDir();
    const options = { workers: 1, concurrency, permissions: { write: [folder] } };
    await withPool(options, async (pool) => {
      await pool.ready();
      const answer = pool.apply(tellLater, [`${folder}/told`], { timeoutMs: LIMIT_MS });
      await untilSent();
      holdUp(`${folder}/told`, LIMIT_MS);
      assertEquals(await answer, "told");
    });
    await Deno.remove(folder, { recursive: true });
  });
}

/** The first time, it never ends. */
function endSecondTime(path: string): string | Promise<never> {
  try {
    Deno.writeTextFileSync(path, "told", { createNew: true });
  } catch {
    return "again";
  }
  return new Promise(() => setInterval(() => {}, 1e6));
}

async function reaperOf(pool: Pool): Promise<number> {
  const workers = pool.workers.map(({ pid }) => pid);
  const [reaper, ...others] = (await childrenOf(Deno.pid)).filter((pid) => !workers.includes(pid));
  assertEquals(others, [], "they are no children of this test");
  return reaper!;
}

/** Has the pool find itself behind its time, and stay at catching up until the reaper answers, for a second at most. */
async function beginCatchUp(path: string, reaper: number): Promise<void> {
  await untilSent();
  Deno.kill(reaper, "SIGSTOP");
  holdUp(path, LIMIT_MS);
  // What is due before this timer has begun before.
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Runs `body` with a pool of one worker, its reaper, and a path where tasks may write. */
function withReaper(
  name: string,
  body: (pool: Pool, reaper: number, path: string) => Promise<void>,
): void {
  Deno.test({
    name,
    // It has no signal that stops a process.
    ignore: Deno.build.os === "windows",
    async fn() {
      const folder = await Deno.makeTempDir();
      await withPool({ workers: 1, permissions: { write: [folder] } }, async (pool) => {
        await pool.ready();
        await body(pool, await reaperOf(pool), `${folder}/told`);
        await assertServes(pool);
      });
      await Deno.remove(folder, { recursive: true });
    },
  });
}

for (const retries of [0, 1]) {
  withReaper(
    `Pool settles a task once whose worker is killed while the pool catches up; retries: ${retries}`,
    async (pool, reaper, path) => {
      const ends: string[] = [];
      const stop = pool.observe({ settled: (_task, outcome) => ends.push(outcome) });
      const answer = pool.apply(endSecondTime, [path], { timeoutMs: LIMIT_MS, retries });
      const outcome = answer.catch((error) => error);
      await beginCatchUp(path, reaper);
      assertEquals(ends, [], "it is not judged yet");
      Deno.kill(pool.workers[0]!.pid, "SIGKILL");
      const got = await outcome;
      Deno.kill(reaper, "SIGCONT");
      // On a busy machine, a worker's end may be heard after the second.
      if (retries > 0 && got === "again") assertEquals(ends, ["completed"]);
      else {
        assertEquals(ends.length, 1);
        assert(got instanceof WorkerExitError && got.taskStarted || got instanceof TaskTimeoutError, String(got));
      }
      stop();
    },
  );
}

withReaper(
  "Pool gives an answer that came in time also where its reaper is killed while it catches up",
  async (pool, reaper, path) => {
    const answer = pool.apply(tellLater, [path], { timeoutMs: LIMIT_MS });
    await beginCatchUp(path, reaper);
    Deno.kill(reaper, "SIGKILL");
    assertEquals(await answer, "told");
    assert(await until(async () => ![undefined, reaper].includes(await reaperOf(pool)), 60_000), "there is a new one");
  },
);

withReaper("Pool that catches up waits not for long for a reaper that is stopped", async (pool, reaper, path) => {
  const outcome = pool.apply(endSecondTime, [path], { timeoutMs: LIMIT_MS }).catch((error) => error);
  await beginCatchUp(path, reaper);
  assertInstanceOf(await outcome, TaskTimeoutError);
  Deno.kill(reaper, "SIGCONT");
});

/** In a worker: says that it runs, and waits for a file. */
async function waitForFile(folder: string, name: string): Promise<string> {
  await Deno.writeTextFile(`${folder}/told-${name}`, "");
  for (;;) {
    try {
      return await Deno.readTextFile(`${folder}/${name}`);
    } catch {
      await new Promise((go) => setTimeout(go, 20));
    }
  }
}

Deno.test({
  name: "Pool gives tasks their time again, once, when it was stopped together with their workers",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    const limitMs = 4000;
    await withPool({ workers: 2, permissions: { read: [folder], write: [folder] } }, async (pool) => {
      await pool.ready();
      const [ends, never] = ["ends", "never"].map((name) =>
        pool.apply(waitForFile, [folder, name], { timeoutMs: limitMs })
      );
      const refused = assertRejects(() => never!, TaskTimeoutError);
      await untilSent();
      for (const name of ["ends", "never"]) while (!exists(`${folder}/told-${name}`));
      const pids = pool.workers.map(({ pid }) => pid!);
      for (const pid of pids) Deno.kill(pid, "SIGSTOP");
      await Deno.writeTextFile(`${folder}/ends`, "in time");
      // As long as a stop that all limits do not outlast.
      holdUp(`${folder}/told-ends`, limitMs + 1000);
      for (const pid of pids) Deno.kill(pid, "SIGCONT");
      assertEquals(await ends, "in time");
      await refused;
    });
    await Deno.remove(folder, { recursive: true });
  },
});
