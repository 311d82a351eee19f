/** End-to-end tests of programs that have the library in them, or elsewhere than its sources: workers start without those. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { LIBRARY } from "../../helpers/programs/packages.ts";
import { printedByEach } from "../../helpers/programs/pieces.ts";
import { withCopy } from "../../helpers/programs/second_copy.ts";
import { withLibrary } from "../../helpers/servers/source_server.ts";

const EXEC = Deno.execPath();

/** Runs Deno in a folder. Returns what it printed, both streams together. */
async function deno(folder: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(EXEC, { args, cwd: folder, env: { NO_COLOR: "1", ...env } })
    .output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

async function withFolder(files: Record<string, string>, body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "corral-bundle-" });
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A program with all that must not depend on where a module lies, or what a class is called. */
const PROGRAM = `
  import { Lock, Pool, Process, ProcessPoolExecutor, Queue, TaskTimeoutError, TimeoutError } from "${LIBRARY}";
  export const triple = (x: number) => 3 * x;
  if (import.meta.main) {
    await using pool = new Pool({ workers: 1 });
    console.log(await pool.map((x: number) => x * x, [1, 2, 3]));
    const queue = new Queue<number>();
    await pool.apply(async (queue: Queue<number>) => await queue.put(42), [queue]);
    console.log(await queue.get());
    const lock = new Lock();
    using _guard = await lock.acquire();
    const late = await pool.apply(async (lock: Lock) => void await lock.acquire({ timeoutMs: 1 }), [lock]).catch((e) => e);
    console.log(late instanceof TimeoutError, late instanceof TaskTimeoutError);
    await using own = new Pool<{ triple: typeof triple }>({ workers: 1, module: import.meta });
    console.log(await own.apply("triple", [7]), await own.apply(triple, [8]));
    await using executor = new ProcessPoolExecutor({ maxWorkers: 1 });
    console.log(await executor.submit(Math.sqrt, 16));
    const process = new Process({ target: (queue: Queue<number>) => queue.put(43), args: [queue] });
    process.start();
    console.log(await queue.get(), await process.join());
    const { stack } = await pool.apply(() => { throw new Error("mine"); }).catch((error) => error);
    console.log(stack.split("--- in the worker ---")[0].includes("dist.js"));
    await Deno.mkdir("data");
    for (const write of ["data", "."]) {
      try {
        await using pool = new Pool({ workers: 1, permissions: { write: [write] } });
        console.log(await pool.apply(() => Deno.writeTextFile("data/out.txt", "")));
      } catch (error) {
        console.log((error as Error).message.replace(/access to .*: it/, "access: it").split(", ")[0]);
      }
    }
  }
`;
const PRINTED = "[ 1, 4, 9 ]\n42\ntrue false\n21 24\n4\n43 true\ntrue\n" +
  "undefined\nCannot grant write access: it covers this program\n";

for (const flags of [[], ["--minify"]]) {
  Deno.test(`A program made by deno bundle ${flags} works, with an empty cache too, and lets workers write beside it, not over it`, () =>
    withFolder({}, (emptyCache) =>
      withFolder({ "main.ts": PROGRAM }, async (folder) => {
        const bundle = ["bundle", "--quiet", "--platform=deno", ...flags, "-o", "dist.js", "main.ts"];
        const bundled = await deno(folder, bundle);
        await Deno.remove(`${folder}/main.ts`);
        const run = ["run", "--quiet", "--no-prompt", `--allow-run=${EXEC}`, "--allow-read=.", "--allow-write=."];
        const printed = await deno(folder, [...run, "--allow-env=DENO_DIR", "dist.js"], { DENO_DIR: emptyCache });
        assertEquals(printed, PRINTED, bundled);
      })));
}

for (const format of ["cjs", "iife"]) {
  Deno.test(`A program made by deno bundle --format=${format} works, where import.meta has no URL`, async () => {
    const main = `
      import { Pool } from "${LIBRARY}";
      async function main() {
        await using pool = new Pool({ workers: 1 });
        console.log(await pool.map((x: number) => x * x, [1, 2, 3]));
      }
      main();`;
    await withFolder({ "main.ts": main }, async (folder) => {
      const bundled = await deno(folder, ["bundle", "--quiet", `--format=${format}`, "-o", "dist.cjs", "main.ts"]);
      const run = ["run", "--quiet", "--no-prompt", `--allow-run=${EXEC}`, "--allow-read=.", "dist.cjs"];
      assertEquals(await deno(folder, run), "[ 1, 4, 9 ]\n", bundled);
    });
  });
}

Deno.test("A worker needs no source of the library once the program has started", async () => {
  await withCopy(async (library) => {
    const path = decodeURIComponent(library.pathname);
    await Deno.writeTextFile(
      `${path}main.ts`,
      `import { Pool, Queue } from "./mod.ts";
       await Deno.remove("./src", { recursive: true });
       await using pool = new Pool({ workers: 1 });
       const queue = new Queue<number>();
       await pool.apply(async (queue: Queue<number>) => await queue.put(42), [queue]);
       console.log(await queue.get());`,
    );
    const args = [
      "run",
      "--quiet",
      "--no-prompt",
      `--allow-run=${EXEC}`,
      "--allow-read=.",
      "--allow-write=.",
      "main.ts",
    ];
    assertEquals(await deno(path, args), "42\n");
  });
});

Deno.test("A task module that imports the library has handles, errors and processes in common with its worker", async () => {
  const tasks = `
    import { currentProcess, Lock, Pool, Queue, TimeoutError } from "${LIBRARY}";
    export async function use(queue: Queue<unknown>, lock: Lock) {
      const late = await lock.acquire({ timeoutMs: 1 }).catch((error) => error);
      const mine = new Queue<number>();
      await queue.put([queue instanceof Queue, late instanceof TimeoutError, currentProcess().name, mine]);
      return await mine.get();
    }
    export async function nested() {
      await using pool = new Pool({ workers: 1 });
      const queue = new Queue<number>();
      await pool.apply(async (queue: Queue<number>) => await queue.put(1), [queue]);
      return await queue.get();
    }`;
  const main = `
    import { Lock, Pool, Queue } from "${LIBRARY}";
    await using pool = new Pool({ workers: 1, module: import.meta.resolve("./tasks.ts"), permissions: { run: "inherit" } });
    const [queue, lock] = [new Queue<any>(), new Lock()];
    using _guard = await lock.acquire();
    const done = pool.apply("use", [queue, lock]);
    const [isQueue, isTimeout, name, mine] = await queue.get();
    await mine.put(7);
    console.log(isQueue, isTimeout, name, await done, await pool.apply("nested"));`;
  await withFolder({ "main.ts": main, "tasks.ts": tasks }, async (folder) => {
    const args = ["run", "--quiet", "--no-prompt", "--allow-run", "--allow-read", "main.ts"];
    assertEquals(await deno(folder, args), "true true PoolWorker-1 7 1\n");
  });
});

Deno.test("A task that has replaced eval and TextDecoder can still be handed its first queue, and an error shows frames of the worker by their names", async () => {
  const { printed, stderr } = await printedByEach({
    queue: `
      await pool.apply(() => {
        const fail = () => { throw new Error("replaced"); };
        Object.assign(globalThis, { eval: fail, TextDecoder: fail, TextEncoder: fail });
      });
      const queue = new corral.Queue();
      await pool.apply(async (queue) => await queue.put(1), [queue]);
      console.log(await queue.get());`,
    error: `console.log((await pool.apply(() => { throw new Error("mine"); }).catch((error) => error)).stack);`,
  });
  assertEquals([printed.queue, stderr], ["1\n", ""]);
  assertStringIncludes(printed.error!, "task-source:");
  assertMatch(printed.error!, /TaskLoop\.#start \(ext:corral\/child/);
});

Deno.test("A program that vendors the library from a server that is gone starts workers", () =>
  withFolder({ "deno.json": '{ "vendor": true }' }, async (folder) => {
    const env = { DENO_DIR: `${folder}/cache` };
    const flags = ["--quiet"];
    await withLibrary(async (library) => {
      flags.push(`--allow-import=${new URL(library).host}`);
      const main = `
        import { Pool } from "${library}";
        await using pool = new Pool({ workers: 1 });
        console.log(await pool.map((x: number) => x * x, [1, 2, 3]));`;
      await Deno.writeTextFile(`${folder}/main.ts`, main);
      await deno(folder, ["install", ...flags, "--entrypoint", "main.ts"], env);
    });
    await Deno.remove(`${folder}/cache`, { recursive: true });
    flags.push("--no-prompt", "--cached-only", `--allow-run=${EXEC}`, "--allow-env=DENO_DIR");
    assertEquals(await deno(folder, ["run", ...flags, "main.ts"], env), "[ 1, 4, 9 ]\n");
  }));

Deno.test("An untrusted module cannot import what lies in the cache when the library came over HTTP", () =>
  withLibrary(async (library) => {
    const main = `
      import { Pool } from "${library}";
      for (const trust of ["untrusted", "trusted"] as const) {
        await using pool = new Pool({ workers: 1, module: import.meta.resolve("./tasks.ts"), trust });
        console.log(await pool.apply("peek", ["${library}"]));
      }`;
    const tasks = `export const peek = (url: string) => import(url).then(() => 1, (error) => error.message);`;
    await withFolder({ "main.ts": main, "tasks.ts": tasks }, async (folder) => {
      const flags = [`--allow-run=${EXEC}`, "--allow-read=.", `--allow-import=${new URL(library).host}`];
      const lines = (await deno(folder, ["run", "--quiet", "--no-prompt", ...flags, "--allow-env=DENO_DIR", "main.ts"]))
        .split("\n");
      assertMatch(lines[0]!, /--no-remote/);
      assertMatch(lines[1]!, /^1$|Requires import access/);
    });
  }));
