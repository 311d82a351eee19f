/** Unit tests of the command line by table, and end-to-end tests with real children started by it. */
import { assert, assertEquals, assertNotEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { PermissionError } from "../../../src/errors.ts";
import { workerCommand, type WorkerCommandOptions } from "../../../src/worker/program/command_line.ts";
import { resolveLaunchOptions } from "../../../src/worker/launch_options.ts";
import { startProcess } from "../../../src/worker/program/spawn.ts";
import { childProgram } from "../../../src/worker/program/child_program.ts";
import { remoteHosts } from "../../../src/worker/permissions/remote_access.ts";
import { inFolder } from "../../helpers/programs/corral.ts";
import { PROBE } from "../../helpers/programs/probe_program.ts";
import { writeFiles } from "../../helpers/programs/project_folder.ts";
import { OptionChecks } from "../../../src/option_checks.ts";

const FORBIDDEN = import.meta.resolve("../../fixtures/permissions/probe_forbidden.ts");
const ENVIRONMENT = import.meta.resolve("../../fixtures/permissions/probe_environment.ts");

interface Reply {
  exports?: string[];
  result?: Record<string, unknown>;
  error?: string;
  message?: string;
}

// The lock file of this repository has nothing of what these tests load; tests/worker/project/dependencies_test.ts has some that do.
const DEFAULTS = resolveLaunchOptions({ frozen: false }, new OptionChecks("start"));

function command(options: Partial<WorkerCommandOptions> = {}) {
  return workerCommand({ ...DEFAULTS, program: PROBE, storageKey: "test", ...options });
}

/** Starts a child by its command line, and returns the line of JSON that it prints. */
async function run(options: Partial<WorkerCommandOptions>): Promise<Reply> {
  const { child, input } = startProcess(command(options));
  await input.write(new Uint8Array());
  input.close();
  const { code, stdout, stderr } = await child.output();
  assertEquals(new TextDecoder().decode(stderr), "");
  assertEquals(code, 0);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Serves the fixtures over HTTP, and counts the requests. */
async function withServer(body: (origin: string, requests: () => number) => Promise<void>): Promise<void> {
  let requests = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    requests++;
    const name = new URL(request.url).pathname.slice(1);
    const text = await Deno.readTextFile(new URL(`../../fixtures/permissions/${name}`, import.meta.url));
    return new Response(text, { headers: { "content-type": "application/typescript" } });
  });
  try {
    await body(`http://127.0.0.1:${server.addr.port}`, () => requests);
  } finally {
    await server.shutdown();
  }
}

async function cacheModules(urls: string[], denoDir: string): Promise<void> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", "--no-config", "--allow-import=127.0.0.1", ...urls],
    env: { DENO_DIR: denoDir },
  }).output();
  assertEquals(code, 0);
}

Deno.test("workerCommand() closes everything when no option opens it", () => {
  const { args, env, cwd, input } = command({ configOf: "file:///no/project/here.ts" });
  assertEquals(args.slice(0, -1), [
    "run",
    "--quiet",
    "--no-prompt",
    "--cached-only",
    "--no-lock",
    "--no-config",
    "--location=http://test.corral.invalid/",
    // It gives that back before user code is there.
    ...(input === undefined ? [] : [`--allow-read=${input.path}`]),
    "--deny-run",
    "--deny-ffi",
  ]);
  assert(args.at(-1)?.startsWith("data:text/javascript,"));
  assertEquals([env.DENO_NO_UPDATE_CHECK, env.NO_COLOR, env.PATH, cwd], ["1", "1", undefined, undefined]);
});

Deno.test("workerCommand() has the C library ask for huge pages, unless the caller says otherwise", () => {
  assertEquals(command().env.GLIBC_TUNABLES, Deno.build.os === "linux" ? "glibc.malloc.hugetlb=1" : undefined);
  const env = { GLIBC_TUNABLES: "glibc.malloc.check=1" };
  assertEquals(command({ env }).env.GLIBC_TUNABLES, env.GLIBC_TUNABLES);
});

Deno.test("workerCommand() chooses the flags for modules from elsewhere by trust and import", () => {
  const remote = "https://x.org/main.js";
  const cases: [Partial<WorkerCommandOptions>, string[]][] = [
    [{}, ["--cached-only"]],
    [{ trust: "untrusted" }, ["--cached-only", "--no-remote", "--no-npm"]],
    [{ trust: "untrusted", moduleUrl: remote }, ["--cached-only", "--allow-import=x.org:443", "--no-npm"]],
    [{ trust: "untrusted", moduleUrl: "jsr:@a/b" }, ["--cached-only", "--allow-import=jsr.io:443", "--no-npm"]],
    [{ trust: "untrusted", moduleUrl: "npm:ms" }, ["--cached-only", "--no-remote"]],
    [{ permissions: { import: ["jsr.io"] } }, ["--no-npm", "--allow-import=jsr.io"]],
    [{ permissions: { import: ["jsr.io"] }, trust: "untrusted" }, ["--no-npm", "--allow-import=jsr.io"]],
  ];
  for (const [options, expected] of cases) {
    const flags = command(options).args.filter((arg) => /^--(cached-only|no-remote|no-npm|allow-import)/.test(arg));
    assertEquals(flags, expected, Deno.inspect(options));
  }
});

Deno.test("remoteHosts() adds the host of the library for trusted modules only", () => {
  const hosts = (trust: "trusted" | "untrusted", libraryUrl: string) => remoteHosts({ ...DEFAULTS, trust }, libraryUrl);
  assertEquals(hosts("trusted", "https://jsr.io/@corral/multiprocessing/1.0.0/src/a.ts"), ["jsr.io:443"]);
  assertEquals(hosts("trusted", "http://127.0.0.1:8000/src/a.ts"), ["127.0.0.1:8000"]);
  assertEquals(hosts("trusted", "file:///library/src/a.ts"), []);
  assertEquals(hosts("untrusted", "https://jsr.io/@corral/multiprocessing/1.0.0/src/a.ts"), []);
});

Deno.test("workerCommand() keeps far below the longest command line of any system when names are not long", () => {
  const { args } = command({ moduleUrl: `file:///srv/${"a".repeat(200)}.ts`, program: childProgram() });
  assert(args.join(" ").length < 2000, args.join(" "));
});

Deno.test("workerCommand() limits the heap when memoryLimitMiB is given", () => {
  assert(command({ memoryLimitMiB: 64 }).args.includes("--v8-flags=--max-old-space-size=64"));
});

Deno.test("workerCommand() refuses an untrusted module when the program may not read its folder", async () => {
  const module = import.meta.resolve("../../../src/worker/program/command_line.ts");
  const options = {
    ...DEFAULTS,
    program: { core: [], handles: [] },
    moduleUrl: "file:///srv/jobs/a.ts",
    trust: "untrusted",
  };
  const source = `import{workerCommand}from${JSON.stringify(module)};` +
    `try{workerCommand(${JSON.stringify(options)})}catch(e){console.log(e.name,e.message)}`;
  const args = ["run", "--quiet", "--no-prompt", "--no-config", `data:text/javascript,${encodeURIComponent(source)}`];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  assertStringIncludes(new TextDecoder().decode(stdout), 'PermissionError Cannot grant read access to "/srv/jobs"');
});

Deno.test("a worker can load its module and do nothing else when its permissions are none", async () => {
  await withServer(async (origin, requests) => {
    const { result } = await run({ moduleUrl: FORBIDDEN, env: { PROBE_URL: `${origin}/probe_dependency.ts` } });
    assertEquals(result, {
      dependency: "dependency",
      data: "json",
      read: "NotCapable",
      write: "NotCapable",
      net: "NotCapable",
      env: "NotCapable",
      allEnv: "NotCapable",
      sys: "NotCapable",
      run: "NotCapable",
      ffi: "NotCapable",
      import: "TypeError",
      npm: "TypeError",
      jsr: "TypeError",
    });
    assertEquals(requests(), 0);
  });
});

Deno.test("a worker reaches only the granted host when import is granted", async () => {
  await withServer(async (origin, requests) => {
    const host = new URL(origin).host;
    const env = { PROBE_URL: `${origin}/probe_dependency.ts?${crypto.randomUUID()}` };
    const { result } = await run({ moduleUrl: FORBIDDEN, env, permissions: { import: [host] } });
    assertEquals([result?.import, result?.npm, result?.jsr], ["done", "TypeError", "TypeError"]);
    assertEquals(requests(), 1);
  });
});

Deno.test("a worker reports a module that fails to load when it is missing or broken", async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, { "broken.ts": "export const = 1;", "throws.ts": "throw new RangeError('at the top');" });
    for (const trust of ["trusted", "untrusted"] as const) {
      const load = (name: string) => run({ moduleUrl: `file://${folder}/${name}`, trust });
      assertStringIncludes((await load("missing.ts")).message ?? "", "Module not found");
      assertNotEquals((await load("broken.ts")).error, undefined);
      assertEquals(await load("throws.ts"), { error: "RangeError", message: "at the top" });
    }
  });
});

Deno.test("an untrusted worker can read its own folder and nothing outside it", async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, {
      "secret.json": '"secret"',
      "job/inside.ts": 'import own from "./own.json" with { type: "json" }; export const value = own;',
      "job/own.json": "1",
      "job/json.ts": 'import x from "../secret.json" with { type: "json" }; export const value = x;',
      "job/text.ts": 'import x from "../secret.json" with { type: "text" }; export const value = x;',
      "job/nested.ts": `import "data:text/javascript,import x from 'file://${folder}/secret.json' with {type:'json'}";`,
    });
    const load = (name: string, trust: "trusted" | "untrusted") =>
      run({ moduleUrl: `file://${folder}/job/${name}`, trust });
    assertEquals((await load("inside.ts", "untrusted")).exports, ["value"]);
    for (const name of ["json.ts", "text.ts", "nested.ts"]) {
      assertStringIncludes((await load(name, "untrusted")).message ?? "", "Requires read access");
    }
    assertEquals((await load("json.ts", "trusted")).exports, ["value"]);
  });
});

Deno.test("an untrusted worker cannot put its own code in the place of the entry by its deno.json", async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, {
      "job/deno.json": JSON.stringify({ imports: { "file:///": "./", "bare": "./bare.ts" } }),
      "job/deno.lock": "not a lock file",
      "job/evil.ts": "export const serve = () => console.log(JSON.stringify({ error: 'evil' }));",
      "job/bare.ts": "export const value = 1;",
      "job/tasks.ts": 'export * from "bare";',
    });
    assertEquals((await run({ moduleUrl: `file://${folder}/job/tasks.ts`, trust: "untrusted" })).exports, ["value"]);
  });
});

Deno.test("a worker uses the deno.json of its module and ignores that of its current folder", async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, {
      "mine/deno.jsonc": '{ /* names */ "imports": { "bare": "./bare.ts", }, }',
      "mine/bare.ts": "export const mine = 1;",
      "mine/tasks.ts": 'export * from "bare";',
      "none/tasks.ts": 'export * from "bare";',
      "cwd/deno.json": JSON.stringify({ imports: { bare: "./bare.ts" }, permissions: { default: { read: true } } }),
      "cwd/package.json": '{ "imports": { "#x": "./bare.ts" } }',
      "cwd/deno.lock": "not a lock file",
      "cwd/bare.ts": "export const hostile = 1;",
    });
    const cwd = `${folder}/cwd`;
    for (const trust of ["trusted", "untrusted"] as const) {
      assertEquals((await run({ moduleUrl: `file://${folder}/mine/tasks.ts`, cwd, trust })).exports, ["mine"]);
      assertStringIncludes(
        (await run({ moduleUrl: `file://${folder}/none/tasks.ts`, cwd, trust })).message ?? "",
        "bare",
      );
    }
    assertEquals((await run({ moduleUrl: FORBIDDEN, cwd })).result?.read, "NotCapable");
  });
});

Deno.test("a worker finds the packages of npm where package.json and node_modules say", async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, {
      "package.json": '{ "dependencies": { "pack": "1.0.0" } }',
      "node_modules/pack/package.json": '{ "name": "pack", "version": "1.0.0", "type": "module", "main": "main.js" }',
      "node_modules/pack/main.js": "export const packed = 1;",
      "tasks.ts": 'export * from "pack";',
    });
    const moduleUrl = `file://${folder}/tasks.ts`;
    assertEquals((await run({ moduleUrl })).exports, ["packed"]);
    await writeFiles(folder, { "deno.json": "{}" });
    assertEquals((await run({ moduleUrl })).exports, ["packed"]);
  });
});

Deno.test("a worker sees of the environment only what env gives it", async () => {
  Deno.env.set("CORRAL_TEST_SECRET", "of the parent");
  const secret = async (options: Partial<WorkerCommandOptions>): Promise<unknown> =>
    await inPrivateDenoDir(async (env) =>
      (await run({ moduleUrl: ENVIRONMENT, ...options, env: { ...env, ...options.env } })).result?.secret
    );
  try {
    assertEquals(await secret({}), "denied");
    assertEquals(await secret({ permissions: { env: ["CORRAL_TEST_SECRET"] } }), null);
    assertEquals(await secret({ env: { CORRAL_TEST_SECRET: "given" } }), "given");
  } finally {
    Deno.env.delete("CORRAL_TEST_SECRET");
  }
});

async function inPrivateDenoDir<T>(body: (env: Record<string, string>) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await body({ DENO_DIR: folder });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("workers share storage only when their storage keys are the same", async () => {
  await inPrivateDenoDir(async (env) => {
    const stored = async (storageKey: string) =>
      (await run({ moduleUrl: ENVIRONMENT, storageKey, storage: true, env })).result;
    assertEquals(await stored("a1"), { stored: null, cached: false, secret: "denied" });
    assertEquals(await stored("a1"), { stored: "stored", cached: true, secret: "denied" });
    assertEquals(await stored("b2"), { stored: null, cached: false, secret: "denied" });
  });
});

Deno.test("a worker leaves nothing in location_data when it stores nothing", async () => {
  await inPrivateDenoDir(async (env) => {
    await run({ moduleUrl: import.meta.resolve("../../fixtures/permissions/probe_dependency.ts"), env });
    const names = (await Array.fromAsync(Deno.readDir(env.DENO_DIR ?? ""))).map(({ name }) => name);
    assert(!names.includes("location_data"), names.join());
  });
});

Deno.test("a worker loads a module from the cache when it came from a server that is gone", async () => {
  await inPrivateDenoDir(async (env) => {
    let origin = "";
    await withServer(async (url) => {
      origin = url;
      await cacheModules([`${url}/probe_dependency.ts`], env.DENO_DIR ?? "");
    });
    for (const trust of ["trusted", "untrusted"] as const) {
      const { exports } = await run({ moduleUrl: `${origin}/probe_dependency.ts`, trust, env });
      assertEquals(exports, ["FROM_DEPENDENCY"], trust);
    }
  });
});

Deno.test("workerCommand() keeps quotes, backslashes and percent signs when a module has them in its name", async () => {
  await inFolder(async (folder) => {
    const name = `it's "a" %41 ${"`${1}`"} \\ module.ts`;
    await writeFiles(folder, { [name]: "export const value = 1;" });
    for (const trust of ["trusted", "untrusted"] as const) {
      const moduleUrl = `file://${folder}/${encodeURIComponent(name)}`;
      assertEquals((await run({ moduleUrl, trust })).exports, ["value"]);
    }
  });
});

Deno.test("workerCommand() throws a PermissionError when a grant is larger than the program's own", () => {
  assertThrows(() => command({ permissions: { ffi: true } }), PermissionError, "run it with --allow-ffi");
});

Deno.test("workerCommand() denies a part of what is granted when it is told to", () => {
  const { args } = command({
    permissions: { env: ["HOME", "DENO_DIR"] },
    deny: { env: ["HOME"], read: ["/srv"], net: true },
  });
  const denied = args.filter((arg) => arg.startsWith("--deny-"));
  assertEquals(denied, ["--deny-read=/srv", "--deny-net", "--deny-env=HOME", "--deny-run", "--deny-ffi"]);
  assertThrows(
    () => command({ deny: { read: "inherit" } }),
    TypeError,
    'Cannot deny read access: "inherit" was given, true, false or a list is wanted',
  );
});

Deno.test("workerCommand() takes the configuration near another file when it is told to", async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, { "deno.json": "{}" });
    const { args } = command({ moduleUrl: "data:text/javascript,", configOf: `file://${folder}/job.ts` });
    assert(args.includes(`--config=${folder}/deno.json`), args.join(" "));
  });
});
