/** Unit tests of the choice, and one in a program that may run nothing. */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { PermissionError, WorkerStartError } from "../../../src/errors.ts";
import { see } from "../../../src/troubles.ts";
import { Pool } from "../../../mod.ts";
import {
  chooseDeno,
  findDeno,
  isSupportedDeno,
  requireDenoVersion,
  spawnFailure,
} from "../../../src/worker/program/deno_executable.ts";

const EXEC_PATH = "/opt/deno";

interface Choice {
  denoPath?: string;
  standalone?: boolean;
  isWorker?: boolean;
  isLoading?: boolean;
}

function choose(
  allowed: string[],
  { denoPath, standalone = false, isWorker = false, isLoading = false }: Choice = {},
) {
  const mayRun = (command: string) => allowed.includes(command);
  return chooseDeno(denoPath, { standalone, isWorker, isLoading, execPath: EXEC_PATH, mayRun });
}

Deno.test("chooseDeno() takes the first command that may be run", () => {
  assertEquals(choose([EXEC_PATH, "deno"]), EXEC_PATH);
  assertEquals(choose(["deno"]), "deno");
  assertEquals(choose(["/x/deno"], { denoPath: "/x/deno" }), "/x/deno");
  assertEquals(choose(["/x/deno"], { denoPath: "/x/deno", standalone: true }), "/x/deno");
});

Deno.test("chooseDeno() never takes the executable when the program is compiled", () => {
  assertEquals(choose([EXEC_PATH, "deno"], { standalone: true }), "deno");
  assertThrows(() => choose([EXEC_PATH], { standalone: true }), PermissionError, "compile it with --allow-run=deno");
});

Deno.test("chooseDeno() refuses a compiled program that names itself, which would start itself without end", () => {
  const choice = { denoPath: EXEC_PATH, standalone: true };
  assertThrows(() => choose([EXEC_PATH], choice), TypeError, "the path of a Deno executable is wanted");
  assertEquals(choose([EXEC_PATH], { denoPath: EXEC_PATH }), EXEC_PATH);
});

Deno.test("Pool rejects with an error that names denoPath when there is no such Deno", async () => {
  const denoPath = "/nowhere/deno";
  await using pool = new Pool({ workers: 1, denoPath });
  const error = await assertRejects(() => pool.apply(Math.sqrt, [4]), WorkerStartError);
  assertEquals(
    error.message,
    'Cannot start a worker: there is no "/nowhere/deno", the path of a Deno executable is wanted as denoPath' +
      see("no-deno"),
  );
});

Deno.test("spawnFailure() says what to do when there is no deno on the PATH, or no folder, and keeps any other reason", () => {
  const notFound = new Deno.errors.NotFound("Failed to spawn 'deno': No such file or directory (os error 2)");
  assertEquals(
    spawnFailure(notFound),
    'there is no "deno" on the PATH, install Deno on this machine or pass its path as denoPath' +
      see("no-deno"),
  );
  assertEquals(
    spawnFailure(new Deno.errors.NotFound("Failed to spawn '/opt/deno': No such cwd '/it's'"), "/opt/deno"),
    'there is no folder "/it\'s", one that exists is wanted as cwd',
  );
  assertEquals(
    spawnFailure(
      new Deno.errors.NotFound(
        "Failed to spawn '/bin/sh': failed resolving cwd: No such file or directory (os error 2)",
      ),
    ),
    "the folder in which this program runs was deleted, set `cwd` to one that exists, or call Deno.chdir() first",
  );
  assertEquals(spawnFailure(new Error("Too many open files")), "Too many open files");
  assertEquals(spawnFailure("odd"), "odd");
});

Deno.test("chooseDeno() names the flag to add when nothing may be run", () => {
  assertThrows(() => choose([]), PermissionError, "run it with --allow-run=/opt/deno");
  assertThrows(() => choose(["deno"], { denoPath: "/x/d" }), PermissionError, "run it with --allow-run=/x/d");
  assertThrows(() => choose(["deno"], { denoPath: "" }), TypeError, "the path of a Deno executable is wanted");
});

Deno.test("chooseDeno() names the guard that is missing when a module that makes a pool is loaded in a worker", () => {
  assertThrows(() => choose([], { isLoading: true }), PermissionError, 'below "if (import.meta.main)"');
  assertEquals(choose(["deno"], { isLoading: true }), "deno");
});

Deno.test("chooseDeno() names the grant to add in a worker, and the flag of the compiler in a compiled program", () => {
  const worker = 'this worker may not run Deno, grant it with `permissions: { run: ["/opt/deno"] }`';
  assertThrows(() => choose([], { isWorker: true }), PermissionError, worker);
  const other = 'this worker may not run "/x/d", grant it with `permissions: { run: ["/x/d"] }`';
  assertThrows(() => choose([EXEC_PATH], { isWorker: true, denoPath: "/x/d" }), PermissionError, other);
  const compiled = { standalone: true, denoPath: "/x/d" };
  assertThrows(() => choose([], compiled), PermissionError, 'may not run "/x/d", compile it with --allow-run=/x/d');
});

Deno.test("findDeno() fails without a prompt when the program holds no run permission", async () => {
  const module = import.meta.resolve("../../../src/worker/program/deno_executable.ts");
  const source = `import{findDeno}from${JSON.stringify(module)};try{findDeno()}catch(e){console.log(e.message)}`;
  const args = ["run", "--quiet", "--no-prompt", "--no-config", `data:text/javascript,${encodeURIComponent(source)}`];
  const { stdout } = await new Deno.Command(findDeno(), { args }).output();
  assertStringIncludes(new TextDecoder().decode(stdout), `run it with --allow-run=${Deno.execPath()}`);
});

Deno.test("isSupportedDeno() wants 2.9", () => {
  const cases = {
    "2.9.0": true,
    "2.9.6": true,
    "2.10.0-rc.1+abc": true,
    "3.0.0": true,
    "2.8.9": false,
    "1.46.3": false,
  };
  for (const [version, expected] of Object.entries(cases)) assertEquals(isSupportedDeno(version), expected, version);
  requireDenoVersion();
});
