/** Pure unit tests of the choice, and one in a program that may run nothing. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { PermissionError } from "../../src/errors.ts";
import { chooseDeno, findDeno, isSupportedDeno, requireDenoVersion } from "../../src/worker/deno_executable.ts";

const EXEC_PATH = "/opt/deno";

interface Choice {
  denoPath?: string;
  standalone?: boolean;
  isLoading?: boolean;
}

function choose(allowed: string[], { denoPath, standalone = false, isLoading = false }: Choice = {}) {
  const mayRun = (command: string) => allowed.includes(command);
  return chooseDeno(denoPath, { standalone, isLoading, execPath: EXEC_PATH, mayRun });
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

Deno.test("chooseDeno() names the flag to add when nothing may be run", () => {
  assertThrows(() => choose([]), PermissionError, "run it with --allow-run=/opt/deno");
  assertThrows(() => choose(["deno"], { denoPath: "/x/d" }), PermissionError, "run it with --allow-run=/x/d");
  assertThrows(() => choose(["deno"], { denoPath: "" }), TypeError, "the path of a Deno executable is wanted");
});

Deno.test("chooseDeno() names the guard that is missing when a module that makes a pool is loaded in a worker", () => {
  assertThrows(() => choose([], { isLoading: true }), PermissionError, 'below "if (import.meta.main)"');
  assertEquals(choose(["deno"], { isLoading: true }), "deno");
});

Deno.test("findDeno() fails without a prompt when the program holds no run permission", async () => {
  const module = import.meta.resolve("../../src/worker/deno_executable.ts");
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
