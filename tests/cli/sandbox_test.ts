// End-to-end: what workers of `corral map` may do.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { corral, inFolder, ndjson } from "../helpers/corral.ts";

const JOB = new URL("../fixtures/map_records.ts", import.meta.url).pathname;

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
    await Deno.writeTextFile(`${folder}/secret.txt`, "secret");
    await Deno.writeTextFile(`${folder}/job.ts`, "export default (path: string) => Deno.readTextFileSync(path);");
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      '{ "permissions": { /* for jobs */ "job": { "read": ["./secret.txt"], "env": { "deny": ["X"] } } } }',
    );
    const stdin = ndjson([`${folder}/secret.txt`]);
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
