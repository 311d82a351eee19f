// End-to-end: that the design document names the files that a `map` runs through. V8 counts the calls, in the program and in a worker.
import { assert, assertEquals } from "@std/assert";
import { runProgram } from "../helpers/programs/program.ts";

const DESIGN = await Deno.readTextFile(new URL("../../docs/design.md", import.meta.url));
const LIBRARY = new URL("../../", import.meta.url).href;

/** Runs where it is called from then on; functions that are sent see no variables outside themselves, so each has all that it needs. */
const PROGRAM = `
  const begin = async () => {
    const { default: inspector } = await import("node:inspector");
    const session = new inspector.Session();
    session.connect();
    const post = (method, params) =>
      new Promise((resolve, reject) => session.post(method, params, (error, result) => error ? reject(error) : resolve(result)));
    globalThis.post = post;
    await post("Debugger.enable");
    await post("Profiler.enable");
    await post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  };
  // The text of the library in a worker says where each file begins.
  const filesThatRan = async () => {
    const { result } = await globalThis.post("Profiler.takePreciseCoverage");
    const files = new Set();
    for (const { url, scriptId, functions } of result) {
      const ran = functions.filter(({ functionName, ranges }) => functionName !== "" && ranges[0].count > 0);
      if (ran.length === 0) continue;
      if (url.startsWith("file:")) files.add(url);
      if (!url.startsWith("ext:corral/child")) continue;
      const { scriptSource } = await globalThis.post("Debugger.getScriptSource", { scriptId });
      for (const { ranges: [{ startOffset }] } of ran) {
        const heads = [...scriptSource.slice(0, startOffset).matchAll(/^\\/\\/ (src\\/[\\w/.]+\\.ts)$/gm)];
        if (heads.length > 0) files.add(heads.at(-1)[1]);
      }
    }
    return [...files];
  };
  await using pool = new Pool({ workers: 1, permissions: { sys: true } });
  const increment = (x) => x + 1;
  await pool.map(increment, [1]);
  await begin();
  await pool.apply(begin);
  await pool.apply(filesThatRan);
  await filesThatRan();
  await pool.map(increment, Array.from({ length: 50 }, (_, index) => index));
  const inProgram = await filesThatRan();
  console.log(JSON.stringify([inProgram, await pool.apply(filesThatRan)]));
`;

Deno.test("docs/design.md names each file that Pool.map runs through, and no other", async () => {
  const flags = ["--allow-run", "--allow-read", "--allow-sys"];
  const { stdout, stderr, code } = await runProgram(PROGRAM, { flags, library: `${LIBRARY}mod.ts` });
  assertEquals([stderr, code], ["", 0]);
  const [program, worker] = JSON.parse(stdout) as [string[], string[]];
  const ran = new Set([...program.map((url) => url.replace(LIBRARY, "")), ...worker]);
  assert(program.length > 20 && worker.length > 10, `${program.length} files here, ${worker.length} in the worker`);
  const [section] = DESIGN.split("### The files that `Pool.map` walks through")[1]!.split("\n## ");
  const walked = [...section!.matchAll(/\d+ `(src\/[\w/.]+)`/g)].map(([, path]) => path!);
  const named = [...section!.matchAll(/`(src\/[\w/.]+)`/g)].map(([, path]) => path!);
  assertEquals(walked.filter((path) => !ran.has(path)), [], "are named, and do not run");
  const unnamed = [...ran].filter((path) =>
    !named.some((one) => one.endsWith("/") ? path.startsWith(one) : path === one)
  );
  assertEquals(unnamed, [], "run, and are not named");
});
