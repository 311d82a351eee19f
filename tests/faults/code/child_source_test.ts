/** End-to-end tests of programs that have the library in them, or elsewhere than its sources: workers start without those. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { withCopy } from "../../helpers/programs/second_copy.ts";

const ROOT = new URL("../../../", import.meta.url);
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
  import { Lock, Pool, Process, ProcessPoolExecutor, Queue, TaskTimeoutError, TimeoutError } from "${ROOT.href}mod.ts";
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
  }
`;
const PRINTED = "[ 1, 4, 9 ]\n42\ntrue false\n21 24\n4\n43 true\ntrue\n";

for (const flags of [[], ["--minify"]]) {
  Deno.test(`A program made by deno bundle ${flags} works, with an empty cache too`, async () => {
    await withFolder({ "main.ts": PROGRAM }, async (folder) => {
      const bundled = await deno(folder, [
        "bundle",
        "--quiet",
        "--platform=deno",
        ...flags,
        "-o",
        "dist.js",
        "main.ts",
      ]);
      await Deno.remove(`${folder}/main.ts`);
      const run = ["run", "--quiet", "--no-prompt", `--allow-run=${EXEC}`, "--allow-read=.", "--allow-env=DENO_DIR"];
      assertEquals(await deno(folder, [...run, "dist.js"], { DENO_DIR: `${folder}/empty` }), PRINTED, bundled);
    });
  });
}

for (const format of ["cjs", "iife"]) {
  Deno.test(`A program made by deno bundle --format=${format} works, where import.meta has no URL`, async () => {
    const main = `
      import { Pool } from "${ROOT.href}mod.ts";
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

Deno.test("A program made by deno bundle may let workers write beside it, and not over it", async () => {
  const main = `
    import { Pool } from "${ROOT.href}mod.ts";
    await Deno.mkdir("data");
    for (const write of ["data", "."]) {
      try {
        await using pool = new Pool({ workers: 1, permissions: { write: [write] } });
        console.log(await pool.apply(() => Deno.writeTextFile("data/out.txt", "")));
      } catch (error) {
        console.log((error as Error).message);
      }
    }`;
  await withFolder({ "main.ts": main }, async (folder) => {
    await deno(folder, ["bundle", "--quiet", "--platform=deno", "-o", "dist.js", "main.ts"]);
    const flags = ["--quiet", "--no-prompt", `--allow-run=${EXEC}`, "--allow-read=.", "--allow-write=."];
    const lines = (await deno(folder, ["run", ...flags, "dist.js"])).split("\n");
    assertEquals(lines[0], "undefined");
    assertMatch(lines[1]!, /^Cannot grant write access to .*: it covers this program, /);
  });
});

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
    import { currentProcess, Lock, Pool, Queue, TimeoutError } from "${ROOT.href}mod.ts";
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
    import { Lock, Pool, Queue } from "${ROOT.href}mod.ts";
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

Deno.test("A task that has replaced eval and TextDecoder can still be handed its first queue", async () => {
  const main = `
    import { Pool, Queue } from "${ROOT.href}mod.ts";
    await using pool = new Pool({ workers: 1 });
    await pool.apply(() => {
      const fail = () => { throw new Error("replaced"); };
      Object.assign(globalThis, { eval: fail, TextDecoder: fail, TextEncoder: fail });
    });
    const queue = new Queue<number>();
    await pool.apply(async (queue: Queue<number>) => await queue.put(1), [queue]);
    console.log(await queue.get());`;
  await withFolder({ "main.ts": main }, async (folder) => {
    assertEquals(await deno(folder, ["run", "--quiet", "--no-prompt", `--allow-run=${EXEC}`, "main.ts"]), "1\n");
  });
});

Deno.test("A program that vendors the library from a server that is gone starts workers", async () => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const text = await Deno.readTextFile(new URL(new URL(request.url).pathname.slice(1), ROOT)).catch(() => "");
    return new Response(text, { headers: { "content-type": "application/typescript" } });
  });
  const { port } = server.addr;
  const main = `
    import { Pool } from "http://127.0.0.1:${port}/mod.ts";
    await using pool = new Pool({ workers: 1 });
    console.log(await pool.map((x: number) => x * x, [1, 2, 3]));`;
  await withFolder({ "main.ts": main, "deno.json": '{ "vendor": true }' }, async (folder) => {
    const env = { DENO_DIR: `${folder}/cache` };
    try {
      await deno(folder, ["install", "--quiet", `--allow-import=127.0.0.1:${port}`, "--entrypoint", "main.ts"], env);
    } finally {
      await server.shutdown();
    }
    await Deno.remove(`${folder}/cache`, { recursive: true });
    const flags = [
      "--quiet",
      "--no-prompt",
      "--cached-only",
      `--allow-run=${EXEC}`,
      `--allow-import=127.0.0.1:${port}`,
    ];
    assertEquals(await deno(folder, ["run", ...flags, "--allow-env=DENO_DIR", "main.ts"], env), "[ 1, 4, 9 ]\n");
  });
});

Deno.test("An untrusted module cannot import what lies in the cache when the library came over HTTP", async () => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const path = new URL(request.url).pathname.slice(1);
    const text = path === "secret.ts"
      ? "export const secret = 1;"
      : await Deno.readTextFile(new URL(path, ROOT)).catch(() => "");
    return new Response(text, { headers: { "content-type": "application/typescript" } });
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const main = `
    import { Pool } from "${origin}/mod.ts";
    import "${origin}/secret.ts";
    for (const trust of ["untrusted", "trusted"] as const) {
      await using pool = new Pool({ workers: 1, module: import.meta.resolve("./tasks.ts"), trust });
      console.log(await pool.apply("peek", ["${origin}/secret.ts"]));
    }`;
  const tasks =
    `export const peek = (url: string) => import(url).then(({ secret }) => secret, (error) => error.message);`;
  try {
    await withFolder({ "main.ts": main, "tasks.ts": tasks }, async (folder) => {
      const flags = [`--allow-run=${EXEC}`, "--allow-read=.", `--allow-import=${new URL(origin).host}`];
      const lines = (await deno(folder, ["run", "--quiet", "--no-prompt", ...flags, "--allow-env=DENO_DIR", "main.ts"]))
        .split("\n");
      assertMatch(lines[0]!, /--no-remote/);
      assertMatch(lines[1]!, /^1$|Requires import access/);
    });
  } finally {
    await server.shutdown();
  }
});

Deno.test("An error of a task shows frames of the worker by their names", async () => {
  const main = `
    import { Pool } from "${ROOT.href}mod.ts";
    await using pool = new Pool({ workers: 1 });
    console.log((await pool.apply(() => { throw new Error("mine"); }).catch((error) => error)).stack);`;
  await withFolder({ "main.ts": main }, async (folder) => {
    const text = await deno(folder, ["run", "--quiet", "--no-prompt", `--allow-run=${EXEC}`, "main.ts"]);
    assertStringIncludes(text, "task-source:");
    assertMatch(text, /TaskLoop\.#start \(corral:child/);
  });
});
