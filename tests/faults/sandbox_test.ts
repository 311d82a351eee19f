/** End-to-end tests of what workers may not do, and of grants larger than the program's own. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { PermissionError, Pool, type PoolOptions } from "../../mod.ts";
import { inFolder } from "../helpers/programs/corral.ts";
import { childrenOf } from "../helpers/programs/processes.ts";
import { runProgram } from "../helpers/programs/program.ts";

const MODULE = import.meta.resolve("../fixtures/permissions/try_everything.ts");
const SELF = new URL(import.meta.url);

type Attempts = typeof import("../fixtures/permissions/try_everything.ts");

function attemptsPool(options: PoolOptions = {}): Pool<Attempts> {
  return new Pool<Attempts>({ workers: 1, module: MODULE, ...options });
}

/** A server on loopback that counts what reaches it. */
function countingServer(): { port: string; requests: () => number; server: Deno.HttpServer<Deno.NetAddr> } {
  let requests = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    requests++;
    return new Response("export default 1;", { headers: { "content-type": "application/javascript" } });
  });
  return { port: String(server.addr.port), requests: () => requests, server };
}

Deno.test("Pool refuses a task everything when permissions are none, and rethrows NotCapable as such", async () => {
  await using pool = attemptsPool();
  const { port, requests, server } = countingServer();
  const targets: Record<string, string> = {
    read: "/etc/passwd",
    nodeRead: "/etc/passwd",
    write: "written.txt",
    net: port,
    fetch: port,
    listen: "",
    env: "HOME",
    allEnv: "",
    nodeEnv: "HOME",
    run: Deno.execPath(),
    nodeRun: Deno.execPath(),
    sys: "",
    ffi: "/lib/none.so",
    signalParent: "",
  };
  for (const [name, target] of Object.entries(targets)) {
    const error = await assertRejects(() => pool.apply("attempt", [name, target]), Error, undefined, name);
    // Node's modules have errors of their own for the same refusal.
    const isRefusal = error instanceof Deno.errors.NotCapable ||
      (error as { code?: string }).code === "ERR_ACCESS_DENIED";
    assert(isRefusal, `${name}: ${error}`);
  }
  assertEquals(requests(), 0);
  assertEquals(pool.stats().workersLost, 0);
  await server.shutdown();
});

Deno.test("Pool loads nothing from elsewhere when permissions are none, and sends no request for it", async () => {
  const { port, requests, server } = countingServer();
  for (const trust of ["trusted", "untrusted"] as const) {
    await using pool = attemptsPool({ trust });
    const specifiers = [
      `http://127.0.0.1:${port}/secret.js`,
      "https://127.0.0.1/secret.js",
      "npm:@corral-probe/not-there@1.0.0",
      "jsr:@corral-probe/not-there@1.0.0",
      new URL("../../mod.ts", SELF).href,
      "file:///etc/passwd",
    ];
    for (const specifier of specifiers) {
      const error = await assertRejects(
        () => pool.apply("attempt", ["import", specifier]),
        Error,
        undefined,
        specifier,
      );
      assert(error instanceof TypeError || error instanceof Deno.errors.NotCapable, `${specifier}: ${error}`);
    }
  }
  assertEquals(requests(), 0);
  await server.shutdown();
});

Deno.test("Pool lets a task read what was granted and nothing beside it", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data`);
    await Deno.writeTextFile(`${folder}/data/in.txt`, "inside");
    await Deno.writeTextFile(`${folder}/out.txt`, "outside");
    const { code, stdout, stderr } = await runProgram(
      `await using pool = new Pool({ workers: 1, permissions: { read: ["./data"] } });
      console.log(await pool.apply((path: string) => Deno.readTextFileSync(path), ["data/in.txt"]));
      for (const path of ["/etc/passwd", "out.txt", "data/../out.txt"]) {
        await pool.apply((path: string) => Deno.readTextFileSync(path), [path])
          .then(() => console.log("read"), (error) => console.log(error instanceof Deno.errors.NotCapable, error.name));
      }`,
      { cwd: folder, flags: [`--allow-run=${Deno.execPath()}`, "--allow-read"] },
    );
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout, "inside\ntrue NotCapable\ntrue NotCapable\ntrue NotCapable\n");
  });
});

Deno.test("Pool() throws PermissionError before any start when more is granted than the program holds", async () => {
  const grants = [
    { read: true },
    { read: ["/etc"] },
    { read: ["data/.."] },
    { write: ["data"] },
    { net: ["127.0.0.1:81"] },
    { env: ["HOME"] },
    { run: true },
    { run: ["sh"] },
    { ffi: true },
    { sys: ["hostname"] },
    { import: ["example.com"] },
    { read: ["data"], net: true },
  ];
  await inFolder(async (cwd) => {
    const { stdout, stderr } = await runProgram(
      `for (const permissions of ${JSON.stringify(grants)}) {
        try { new Pool({ permissions }); console.log("made"); }
        catch (error) { console.log(error instanceof corral.PermissionError, error.message.includes("--allow-")); }
      }
      const pool = new Pool({ workers: 1, permissions: { read: ["data"], net: ["127.0.0.1:80"], env: ["LANG"] } });
      console.log(pool.workers.length);
      await pool.terminate();`,
      {
        cwd,
        flags: [`--allow-run=${Deno.execPath()}`, "--allow-read=data", "--allow-net=127.0.0.1:80", "--allow-env=LANG"],
      },
    );
    assertEquals([stdout.trimEnd().split("\n"), stderr], [[...grants.map(() => "true true"), "0"], ""]);
  });
  const before = await childrenOf(Deno.pid);
  assertThrows(() => new Pool({ permissions: { write: ["/"] } }), PermissionError);
  assertEquals((await childrenOf(Deno.pid)).length, before.length);
});

Deno.test("Pool gives tasks the variables of env and no other", async () => {
  const { code, stdout, stderr } = await runProgram(
    `await using pool = new Pool({ workers: 1, env: { VISIBLE: "shown" }, permissions: { env: ["CORRAL_SECRET"] } });
    const get = (name: string) => Deno.env.get(name) ?? "unset";
    console.log(await pool.apply(get, ["VISIBLE"]), await pool.apply(get, ["CORRAL_SECRET"]));
    for (const name of ["HOME", "PATH", "DENO_DIR"]) {
      await pool.apply(get, [name]).then(console.log, (error) => console.log(error.name));
    }`,
    {
      env: { CORRAL_SECRET: "do not tell", LD_LIBRARY_PATH: "/nowhere" },
      flags: ["--allow-run", "--allow-env"],
    },
  );
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout, "shown unset\nNotCapable\nNotCapable\nNotCapable\n");
});

Deno.test("Pool works with --allow-run=deno alone when the program has LD_LIBRARY_PATH", async () => {
  const { code, stdout, stderr } = await runProgram(
    `await using pool = new Pool({ workers: 1 }); console.log(await pool.apply(Math.sqrt, [16]));`,
    { env: { LD_LIBRARY_PATH: "/nowhere" } },
  );
  assertEquals([code, stdout, stderr], [0, "4\n", ""]);
});

Deno.test("Pool lets an untrusted module read its own folder only", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/tenant`);
    await Deno.writeTextFile(`${folder}/secret.txt`, "secret");
    await Deno.writeTextFile(`${folder}/tenant/own.txt`, "own");
    await Deno.writeTextFile(
      `${folder}/tenant/tasks.ts`,
      "export const read = (path: string) => Deno.readTextFileSync(new URL(path, import.meta.url));",
    );
    await Deno.writeTextFile(
      `${folder}/tenant/thief.ts`,
      `import text from "../secret.txt" with { type: "text" }; export const read = () => text;`,
    );
    await using pool = new Pool({ workers: 1, module: `${folder}/tenant/tasks.ts`, trust: "untrusted" });
    assertEquals(await pool.apply("read", ["own.txt"]), "own");
    await assertRejects(() => pool.apply("read", ["../secret.txt"]), Deno.errors.NotCapable);
    await using thief = new Pool({ workers: 1, module: `${folder}/tenant/thief.ts`, trust: "untrusted" });
    await assertRejects(() => thief.apply("read"), Error);
  });
});

Deno.test("Pools share neither localStorage nor caches", async () => {
  const store = async (): Promise<unknown[]> => {
    const seen = [localStorage.getItem("corral"), await caches.has("corral")];
    localStorage.setItem("corral", "kept");
    await caches.open("corral");
    return seen;
  };
  for (let round = 0; round < 2; round++) {
    await using pool = new Pool({ workers: 1, storage: true });
    assertEquals(await pool.apply(store), [null, false]);
  }
});

Deno.test("Pool changes no prototype when arguments, results and errors have __proto__ keys", async () => {
  await using pool = new Pool({ workers: 1 });
  const hostile = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"n":-0}');
  const seen = await pool.apply((value: Record<string, unknown>) => {
    const other = { ...value } as Record<string, unknown>;
    return [({} as Record<string, unknown>).polluted, value.polluted, Object.keys(value), Object.keys(other), value];
  }, [hostile]) as unknown[];
  assertEquals(seen.slice(0, 4), [undefined, undefined, ["__proto__", "constructor", "n"], [
    "__proto__",
    "constructor",
    "n",
  ]]);
  assertEquals(Object.getPrototypeOf(seen[4]), Object.prototype);
  assertEquals(Object.hasOwn(seen[4] as object, "__proto__"), true);
  const error = await assertRejects(() =>
    pool.apply((text: string) => {
      const thrown = new RangeError("thrown");
      for (const [key, value] of Object.entries(JSON.parse(text))) {
        Object.defineProperty(thrown, key, { value, enumerable: true, configurable: true, writable: true });
      }
      Object.defineProperty(thrown, "name", { value: "__proto__", enumerable: true });
      throw thrown;
    }, ['{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'])
  );
  assertInstanceOf(error, Error);
  assertEquals([({} as Record<string, unknown>).polluted, (error as unknown as Record<string, unknown>).polluted], [
    undefined,
    undefined,
  ]);
});

Deno.test("Pool does not prompt when a task asks for a permission", async () => {
  await using pool = new Pool({ workers: 1 });
  const request = (): Promise<string> => Deno.permissions.request({ name: "net" }).then(({ state }) => state);
  assertStringIncludes(await pool.apply(request), "denied");
});
