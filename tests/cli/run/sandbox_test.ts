// End-to-end: what workers of `corral map` may do.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { corral, inFolder, ndjson } from "../../helpers/programs/corral.ts";

const JOB = new URL("../../fixtures/programs/map_records.ts", import.meta.url).pathname;

Deno.test("corral map grants workers nothing unless told to, and then no more than that", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/open.txt`, "open");
    await Deno.writeTextFile(`${folder}/closed.txt`, "closed");
    const stdin = ndjson([`${folder}/open.txt`, `${folder}/closed.txt`]);
    const none = await corral(["map", `${JOB}#readFile`], { stdin });
    assertEquals([none.code, none.results], [2, []]);
    assertStringIncludes(none.stderr, "NotCapable: Requires read access");
    const one = await corral(["map", `${JOB}#readFile`, "--allow-read=open.txt"], { stdin, cwd: folder });
    assertEquals([one.code, one.results], [1, ["open"]]);
    const denied = await corral(["map", `${JOB}#readFile`, "--allow-read", `--deny-read=${folder}/closed.txt`], {
      stdin,
    });
    assertEquals([denied.code, denied.results], [1, ["open"]]);
  });
});

Deno.test("corral map takes a named set of permissions from the configuration of the module", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/secret #1 %41.txt`, "secret");
    await Deno.writeTextFile(`${folder}/job.ts`, "export default (path: string) => Deno.readTextFileSync(path);");
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      '{ "permissions": { /* for jobs */ "job": { "read": ["./secret #1 %41.txt"], "env": { "deny": ["X"] } } } }',
    );
    const stdin = ndjson([`${folder}/secret #1 %41.txt`]);
    const granted = await corral(["map", `${folder}/job.ts`, "-P", "job"], { stdin });
    assertEquals([granted.code, granted.results], [0, ["secret"]]);
    const unknown = await corral(["map", `${folder}/job.ts`, "-P", "jobs"], { stdin });
    assertEquals(unknown.code, 255);
    assertStringIncludes(unknown.stderr, 'Cannot use permission set "jobs"');
  });
});

Deno.test("corral map gives workers the variables that are named, and no others", async () => {
  const { code, results } = await corral(["map", `${JOB}#readVariable`, "--env", "A=1=2", "--env", "TERM"], {
    stdin: ndjson(["A", "TERM", "CORRAL_TEST_SECRET"]),
    env: { TERM: "dumb", CORRAL_TEST_SECRET: "x" },
  });
  assertEquals([code, results], [1, ["1=2", "dumb"]]);
});

Deno.test("corral map refuses to grant what it does not hold itself, and says what to add", async () => {
  const { code, stderr } = await corral(["map", JOB, "--allow-net=example.com"], { stdin: "1\n" });
  assertEquals(code, 255);
  assertStringIncludes(stderr, 'Cannot grant net access to "example.com"');
  assertStringIncludes(stderr, "--allow-net=example.com");
});

Deno.test("corral map says which flag needs what the command does not hold itself", async () => {
  for (
    const [flags, wanted] of [
      [["--load", "5"], "Cannot use --load: this command was not given --allow-sys=loadavg itself"],
      [
        ["--memfree", "1M", "--dashboard"],
        "Cannot use --memfree: this command was not given --allow-sys=systemMemoryInfo --allow-net=127.0.0.1 itself",
      ],
      [
        ["--load", "5", "--allow-ffi"],
        "Cannot grant ffi access: this command was not given --allow-ffi --allow-sys=loadavg itself",
      ],
    ] as const
  ) {
    const { code, stderr } = await corral(["map", JOB, ...flags], { stdin: "1\n" });
    assertEquals(code, 255);
    assertStringIncludes(stderr, wanted);
  }
});

Deno.test("corral map advises --cache where the lock file does not have what a module imports", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/deno.json`, "{}");
    await Deno.writeTextFile(`${folder}/deno.lock`, '{"version":"5"}');
    await Deno.writeTextFile(`${folder}/job.ts`, 'import "npm:fast-check@4.10.2";\nexport default (n: number) => n;\n');
    const refused = await corral(["map", "./job.ts"], { stdin: "1\n", cwd: folder });
    assertEquals(refused.code, 255);
    assertStringIncludes(refused.stderr, "or run corral map with --cache");
    const { code, results } = await corral(["map", "--cache", "./job.ts"], { stdin: "1\n", cwd: folder });
    assertEquals([code, results], [0, [1]]);
  });
});

Deno.test("corral map --dry-run shows permissions, command line and first records, and runs nothing", async () => {
  await inFolder(async (folder) => {
    const { code, stdout, stderr } = await corral(
      ["map", "-e", "(n) => Deno.writeTextFileSync('ran', '')", "--dry-run", "--allow-write=.", "-j", "3", "-o", "out"],
      { stdin: '{"a":1}\nnope\n3\n4\n', cwd: folder },
    );
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "Workers: 3\n");
    assertStringIncludes(stdout, `Permissions of workers: --allow-write=${folder} --deny-run --deny-ffi\n`);
    assertStringIncludes(stdout, `Command line of a worker: ${Deno.execPath()} run --quiet --no-prompt`);
    assertStringIncludes(stdout, 'line 1: {"a":1}\n  line 2: rejected, ');
    assertStringIncludes(stdout, "\n  line 3: 3\n");
    assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
  });
});

Deno.test("corral map --untrusted lets a module load nothing outside its own folder, -e nothing at all", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/plug`);
    await Deno.writeTextFile(`${folder}/secret.txt`, "secret");
    await Deno.writeTextFile(`${folder}/plug/own.ts`, "export const own = 40;\n");
    await Deno.writeTextFile(
      `${folder}/plug/good.ts`,
      'import { own } from "./own.ts";\nexport default (n: number) => n + own;\n',
    );
    const spy = 'import text from "../secret.txt" with { type: "text" };\nexport default () => text;\n';
    await Deno.writeTextFile(`${folder}/plug/spy.ts`, spy);
    const run = (...args: string[]) => corral(["map", "-q", ...args], { stdin: "2\n", cwd: folder });
    // What the fence does not hold, as the help says: the static imports of a module that is trusted.
    assertEquals((await run("plug/spy.ts")).results, ["secret"]);
    const spied = await run("--untrusted", "plug/spy.ts");
    assertEquals([spied.code, spied.stdout], [255, ""]);
    assertStringIncludes(spied.stderr, "Requires read access");
    assertEquals((await run("--untrusted", "plug/good.ts")).results, [42]);
    assertEquals((await run("--untrusted", "-e", "(n) => n + 1")).results, [3]);
    const read = await run("--untrusted", "-e", '() => Deno.readTextFileSync("secret.txt")');
    assertEquals([read.code, read.stdout], [1, ""]);
    assertStringIncludes(read.stderr, "grant it with --allow-read=");
  });
});

Deno.test("corral map says how to get what a module imports and the cache has not, and which place in -e is wrong", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/job.ts`,
      'import "npm:corral-no-such-package@0.0.1";\nexport default (n: number) => n;\n',
    );
    const { code, stderr } = await corral(["map", "job.ts"], { stdin: "1\n", cwd: folder });
    assertEquals(code, 255);
    assertStringIncludes(stderr, "or run corral map with --cache");
    const syntax = await corral(["map", "-e", "(n) => n +"], { stdin: "1\n" });
    assertEquals(syntax.code, 255);
    assertStringIncludes(syntax.stderr, "-e:1:");
    assertEquals(syntax.stderr.includes("data:"), false);
    const number = await corral(["map", "-e", "5"], { stdin: "" });
    assertEquals([number.code, number.stderr], [
      255,
      "corral: Cannot run -e: it is a number, wanted a function like (record) => record.id\n",
    ]);
    const swapped = await corral(["map", "in.txt", "job.ts"], { stdin: "", cwd: folder });
    assertEquals([swapped.code, swapped.stderr], [255, 'corral: Cannot load "in.txt": there is no such file\n']);
  });
});
