/**
 * Unit tests, and end-to-end tests with a program that takes itself for a compiled one: `deno compile` needs a download that not every machine has. What
 * it changes for a program is played before its main module: `standalone`, the path of the executable, and the name of the folder.
 */
import { assertEquals, assertThrows } from "@std/assert";
import { isInsideCompiled, requireVisible } from "../../../src/worker/program/compiled_program.ts";
import { ProjectFolder } from "../../helpers/programs/project_folder.ts";

const COMPILED = { standalone: true, mainModule: "file:///tmp/deno-compile-app/src/main.ts" };

Deno.test("isInsideCompiled() knows the files that are in a compiled program, and no others", () => {
  const cases: [url: string, isInside: boolean][] = [
    ["file:///tmp/deno-compile-app/src/tasks.ts", true],
    ["file:///tmp/deno-compile-app/tasks.ts", true],
    ["file:///tmp/deno-compile-app-2/tasks.ts", false],
    ["file:///srv/tasks.ts", false],
    ["https://example.com/deno-compile-app/tasks.ts", false],
  ];
  for (const [url, isInside] of cases) assertEquals(isInsideCompiled(url, COMPILED), isInside, url);
  const windows = { standalone: true, mainModule: "file:///C:/Temp/deno-compile-app.exe/main.ts" };
  assertEquals(isInsideCompiled("file:///C:/Temp/deno-compile-app.exe/tasks.ts", windows), true);
  assertEquals(isInsideCompiled(COMPILED.mainModule, { ...COMPILED, standalone: false }), false);
  const extracted = { standalone: true, mainModule: "file:///srv/.app/0123/main.ts" };
  assertEquals(isInsideCompiled("file:///srv/.app/0123/tasks.ts", extracted), false);
});

Deno.test("requireVisible() refuses a module inside, and takes none, and one outside", () => {
  assertThrows(() => requireVisible("file:///tmp/deno-compile-app/tasks.ts", COMPILED), TypeError, "ship it as a file");
  requireVisible(undefined, COMPILED);
  requireVisible("file:///srv/tasks.ts", COMPILED);
});

Deno.test("requireVisible() refuses a program without a file, and takes a file of that name that is not the program", () => {
  for (const name of ["$deno$stdin.mts", "$deno$eval.mts", "$deno$eval.js", "$deno$repl.mts"]) {
    const program = { standalone: false, mainModule: `file:///srv/${name}` };
    assertThrows(() => requireVisible(program.mainModule, program), TypeError, "is no file that they could load");
    requireVisible(program.mainModule, { ...program, mainModule: "file:///srv/main.ts" });
  }
});

Deno.test("a pool says that the program of `deno eval` is no module for workers", async () => {
  await using folder = await ProjectFolder.make({
    "text.ts": `import { Pool } from "LIBRARY";
      await using sending = new Pool({ workers: 1 });
      console.log(await sending.apply(Math.sqrt, [4]));
      try {
        new Pool({ module: import.meta });
      } catch (error) {
        console.log(String(error).split(",")[0]);
      }`,
  });
  assertEquals(
    await folder.mustRun("eval", "--ext=ts", await folder.read("text.ts")),
    "2\nTypeError: Cannot start workers: the module is this program\n",
  );
});

const PLAYED = `Object.defineProperty(Deno, "build", { value: { ...Deno.build, standalone: true } });
Deno.execPath = () => "/nowhere/app";`;

const MAIN = `import { Pool } from "LIBRARY";
const attempt = async (options: object, run: (pool: Pool) => Promise<unknown>) => {
  try {
    await using pool = new Pool({ workers: 1, ...options });
    console.log(await run(pool));
  } catch (error) {
    console.log((error as Error).message.split(",")[0]!.replace(/file:\\S+\\//, ""));
  }
};
await attempt({}, (pool) => pool.map((x: number) => x * x, [1, 2, 3]));
await attempt({ configOf: import.meta.url }, (pool) => pool.apply(Math.sqrt, [4]));
await attempt({ module: import.meta }, (pool) => pool.apply("double", [4]));
await attempt({ module: new URL("../tasks.ts", import.meta.url) }, (pool) => pool.apply("double", [4]));`;

Deno.test("a compiled program takes the deno on the PATH, and never itself; its own files are not for workers", async () => {
  await using folder = await ProjectFolder.make({
    "deno-compile-app/main.ts": MAIN,
    // In a compiled program it lies where the workers' Deno finds nothing.
    "deno-compile-app/deno.json": "not a configuration",
    "played.ts": PLAYED,
    "tasks.ts": "export const double = (x: number) => 2 * x;",
  });
  const deno = Deno.execPath().replace(/[^/\\]*$/, "");
  const run = (...args: string[]) =>
    folder.denoIn(".", ["run", "--no-prompt", "--no-config", "--preload=played.ts", ...args], { PATH: deno });
  const { stdout, stderr } = await run("--allow-run=deno", "--allow-read", "deno-compile-app/main.ts");
  assertEquals([stdout, stderr], [
    "[ 1, 4, 9 ]\n2\nCannot start workers: the module main.ts lies inside this compiled program\n8\n",
    "",
  ]);
  const barred = await run("--allow-read", "deno-compile-app/main.ts");
  assertEquals(
    barred.stdout.split("\n")[0],
    "Cannot start workers: this is a compiled program and may not run Deno",
  );
});
