// End-to-end, and a unit test of the note. The end of an `await using` scope.
import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { CancelledError, type Future, Pool, ProcessPoolExecutor } from "../../../mod.ts";
import { endScope } from "../../../src/pool/scope_end.ts";
import { delay } from "../../../src/timer.ts";
import { within } from "../../helpers/simulated/clock.ts";
import { ProjectFolder } from "../../helpers/programs/project_folder.ts";
import { noTerminal, Terminal } from "../../helpers/programs/terminal.ts";

Deno.test("an error that leaves the scope of a pool shows when scopeTimeoutMs is over, whatever still runs", async () => {
  let endless: Promise<unknown> | undefined;
  const leave = async (): Promise<void> => {
    await using pool = new Pool({ workers: 1, scopeTimeoutMs: 50, killGraceMs: 0 });
    const loop = (): void => {
      while (true);
    };
    endless = pool.apply(loop).catch((error) => error);
    await pool.ready();
    throw new Error("the program failed");
  };
  await within(30_000, () => assertRejects(leave, Error, "the program failed"));
  assertInstanceOf(await endless, CancelledError);
});

Deno.test("the end of a scope lets accepted work finish, also with scopeTimeoutMs", async () => {
  let result: Promise<number> | undefined;
  {
    await using pool = new Pool({ workers: 1, scopeTimeoutMs: 60_000 });
    result = pool.apply(Math.sqrt, [16]);
  }
  assertEquals(await result, 4);
});

Deno.test("the end of an executor's scope keeps to scopeTimeoutMs, too", async () => {
  let endless: Future<void> | undefined;
  const leave = async (): Promise<void> => {
    await using executor = new ProcessPoolExecutor({ maxWorkers: 1, scopeTimeoutMs: 50, killGraceMs: 0 });
    endless = executor.submit(() => {
      while (true);
    });
    throw new Error("the program failed");
  };
  await within(30_000, () => assertRejects(leave, Error, "the program failed"));
  assertEquals(endless?.cancelled(), true);
});

Deno.test("endScope() says what it waits for when that takes long and no limit is set, and nothing otherwise", async () => {
  for (const [scopeTimeoutMs, notes] of [[undefined, 1], [Infinity, 0]] as const) {
    const ended = Promise.withResolvers<void>();
    const said: string[] = [];
    const pool = {
      options: { name: "thumbnails", scopeTimeoutMs },
      stats: () => ({ running: 2, waiting: 7 }),
      terminate: () => Promise.reject(new Error("it has no limit")),
    };
    const options = { note: (text: string) => void said.push(text), noteAfterMs: 0 };
    const scope = endScope(pool, ended.promise, options);
    // A turn of the event loop is more than the time until the note.
    while (said.length < notes) await delay();
    ended.resolve();
    await scope;
    assertEquals(said.length, notes);
    if (notes > 0) assertStringIncludes(said[0]!, "the scope of thumbnails waits for its tasks (2 running, 7 waiting)");
  }
});

Deno.test({
  name: `a scope that waits says so on a terminal${noTerminal ? ` (skipped: ${noTerminal})` : ""}`,
  ignore: noTerminal !== undefined,
  async fn() {
    await using folder = await ProjectFolder.make({
      "main.ts": `import { Pool } from "LIBRARY";
const started = Promise.withResolvers<void>();
await using pool = new Pool({ workers: 1, onEvent: ({ type }) => type === "taskStart" && started.resolve() });
pool.apply(() => new Promise(() => setInterval(() => {}, 1000))).catch(() => {});
await started.promise;
throw new Error("the program failed");`,
    });
    const command = `${Deno.execPath()} run --allow-run --no-config ${folder.path}/main.ts`;
    await using terminal = await Terminal.open(command, { columns: 250, rows: 20 });
    await terminal.shows("the scope of pool waits for its tasks (1 running, 0 waiting)");
    await terminal.press("C-c");
    await terminal.ended();
  },
});
