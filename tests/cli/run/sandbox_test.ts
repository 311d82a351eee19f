// End-to-end: what workers of `corral map` may do.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { corral, inFolder, ndjson } from "../../helpers/programs/corral.ts";
import { corralInTurn, mapByOne, mapInTurn } from "../../helpers/programs/in_turn.ts";

const JOB = new URL("../../fixtures/programs/map_records.ts", import.meta.url).pathname;

Deno.test("corral map grants workers nothing unless told to, and then no more than that", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/open.txt`, "open");
    await Deno.writeTextFile(`${folder}/closed.txt`, "closed");
    await Deno.writeTextFile(`${folder}/in`, ndjson([`${folder}/open.txt`, `${folder}/closed.txt`]));
    const flags = [[], ["--allow-read=open.txt"], ["--allow-read", `--deny-read=${folder}/closed.txt`]];
    const commands = flags.map((some) => ["map", "-j", "1", `${JOB}#readFile`, "in", ...some]);
    const [none, one, denied] = await corralInTurn(commands, { cwd: folder });
    assertEquals([none!.code, none!.results], [2, []]);
    assertStringIncludes(none!.stderr, "NotCapable: Requires read access");
    assertEquals([one!.code, one!.results], [1, ["open"]]);
    assertEquals([denied!.code, denied!.results], [1, ["open"]]);
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
    const [granted, unknown] = await mapInTurn(
      ["job", "jobs"].map((name) => [stdin, [`${folder}/job.ts`, "-P", name]] as const),
    );
    assertEquals([granted!.code, granted!.results], [0, ["secret"]]);
    assertEquals(unknown!.code, 255);
    assertStringIncludes(unknown!.stderr, 'Cannot use permission set "jobs"');
  });
});

Deno.test("corral map gives workers the variables that are named, and no others", async () => {
  const { code, results } = await mapByOne([`${JOB}#readVariable`, "--env", "A=1=2", "--env", "TERM"], {
    stdin: ndjson(["A", "TERM", "CORRAL_TEST_SECRET"]),
    env: { TERM: "dumb", CORRAL_TEST_SECRET: "x" },
  });
  assertEquals([code, results], [1, ["1=2", "dumb"]]);
});

Deno.test("corral map says what it does not hold itself: to grant it, or for the flag that needs it", async () => {
  const cases: [flags: string[], ...wanted: string[]][] = [
    [["--allow-net=example.com"], 'Cannot grant net access to "example.com"', "--allow-net=example.com"],
    [["--load", "5"], "Cannot use --load: this command was not given --allow-sys=loadavg itself"],
    [
      ["--memfree", "1M", "--dashboard"],
      "Cannot use --memfree: this command was not given --allow-sys=systemMemoryInfo --allow-net=127.0.0.1 itself",
    ],
    [
      ["--load", "5", "--allow-ffi"],
      "Cannot grant ffi access: this command was not given --allow-ffi --allow-sys=loadavg itself",
    ],
  ];
  const outcomes = await corralInTurn(cases.map(([flags]) => ["map", JOB, ...flags]));
  for (const [at, { code, stderr }] of outcomes.entries()) {
    assertEquals(code, 255);
    for (const wanted of cases[at]!.slice(1) as string[]) assertStringIncludes(stderr, wanted);
  }
});

Deno.test("corral map advises --cache where the lock file does not have what a module imports", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/deno.json`, "{}");
    await Deno.writeTextFile(`${folder}/deno.lock`, '{"version":"5"}');
    await Deno.writeTextFile(`${folder}/job.ts`, 'import "npm:fast-check@4.10.2";\nexport default (n: number) => n;\n');
    const refused = await mapByOne(["./job.ts"], { stdin: "1\n", cwd: folder });
    assertEquals(refused.code, 255);
    assertStringIncludes(refused.stderr, "or run corral map with --cache");
    const { code, results } = await mapByOne(["--cache", "./job.ts"], { stdin: "1\n", cwd: folder });
    assertEquals([code, results], [0, [1]]);
  });
});

Deno.test({
  name: "corral map --cache looks at no file that an untrusted module could not load",
  ignore: Deno.build.os === "windows",
  async fn() {
    await inFolder(async (folder) => {
      await Deno.mkdir(`${folder}/plug`);
      await new Deno.Command("mkfifo", { args: ["pipe.ts", "plug/pipe.ts"], cwd: folder }).output();
      await Deno.writeTextFile(`${folder}/plug/own.ts`, "export const one = 1;\n");
      const use = 'import { one } from "./own.ts";\nexport default (n: number) => n + one;\n';
      await Deno.writeTextFile(`${folder}/plug/job.ts`, use);
      const { code, results, stderr } = await mapByOne(["--cache", "--untrusted", "plug/job.ts"], {
        stdin: "1\n",
        cwd: folder,
      });
      assertEquals([code, results], [0, [2]], stderr);
      for (const name of ["./pipe.ts", "../pipe.ts"]) {
        await Deno.writeTextFile(`${folder}/plug/job.ts`, `import "${name}";\n${use}`);
        const refused = await mapByOne(["--cache", "--untrusted", "plug/job.ts"], { stdin: "1\n", cwd: folder });
        assertEquals(refused.code, 255);
        assertStringIncludes(refused.stderr, "an untrusted module loads from its own folder only");
      }
    });
  },
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
    await Deno.writeTextFile(`${folder}/in`, "2\n");
    const cases = [
      ["plug/spy.ts"],
      ["--untrusted", "plug/spy.ts"],
      ["--untrusted", "plug/good.ts"],
      ["--untrusted", "-e", "(n) => n + 1"],
      ["--untrusted", "-e", '() => Deno.readTextFileSync("secret.txt")'],
    ];
    const outcomes = await corralInTurn(cases.map((args) => ["map", "-q", "-j", "1", ...args, "in"]), {
      cwd: folder,
    });
    const [trusted, spied, good, text, read] = outcomes;
    // What the fence does not hold, as the help says: the static imports of a module that is trusted.
    assertEquals(trusted!.results, ["secret"]);
    assertEquals([spied!.code, spied!.stdout], [255, ""]);
    assertStringIncludes(spied!.stderr, "Requires read access");
    assertEquals([good!.results, text!.results], [[42], [3]]);
    assertEquals([read!.code, read!.stdout], [1, ""]);
    assertStringIncludes(read!.stderr, "grant it with --allow-read=");
  });
});

Deno.test("corral map --untrusted takes no set of permissions that lies with the module", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/plug/sub`, { recursive: true });
    await Deno.writeTextFile(`${folder}/plug/job.ts`, "export default (path: string) => Deno.readTextFileSync(path);");
    await Deno.writeTextFile(`${folder}/open.txt`, "open");
    await Deno.writeTextFile(`${folder}/closed.txt`, "closed");
    await Deno.writeTextFile(`${folder}/plug/deno.json`, '{ "permissions": { "job": { "read": true } } }');
    await Deno.writeTextFile(`${folder}/deno.json`, '{ "permissions": { "job": { "read": ["open.txt"] } } }');
    await Deno.writeTextFile(`${folder}/in`, ndjson([`${folder}/open.txt`, `${folder}/closed.txt`]));
    const args = ["map", "-q", "-j1", "--untrusted", "-P", "job", `${folder}/plug/job.ts`, `${folder}/in`];
    const folders = ["", "/plug", "/plug/sub"].map((name) => folder + name);
    const [above, ...inside] = await corralInTurn(folders.map(() => args), { folders });
    assertEquals([above!.code, above!.results], [1, ["open"]]);
    for (const { code, stderr } of inside) {
      assertEquals(code, 255);
      assertStringIncludes(
        stderr,
        `with --untrusted, the folder of the module decides nothing, and ${folder}/plug/deno.json`,
      );
    }
  });
});

Deno.test("corral map --joblog downloads nothing of what a module imports", async () => {
  await inFolder(async (folder) => {
    const requests: string[] = [];
    const onRequest = ({ url }: Request) => {
      requests.push(url);
      return new Response(null, { status: 404 });
    };
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, onRequest);
    await Deno.writeTextFile(
      `${folder}/job.ts`,
      'import "jsr:@corral-none/none@1";\nexport default () => 1;\n',
    );
    await Deno.writeTextFile(`${folder}/in`, "1\n");
    const commands = [["--untrusted"], []].map((
      flags,
    ) => ["map", "-q", "-j1", ...flags, "--joblog=log", "job.ts", "in"]);
    const outcomes = await corralInTurn(commands, {
      cwd: folder,
      env: { JSR_URL: `http://127.0.0.1:${server.addr.port}` },
    });
    assertEquals([outcomes.map(({ code }) => code), requests], [[255, 255], []]);
  });
});

Deno.test("corral map says how to get what a module imports and the cache has not, and which place in -e is wrong", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/job.ts`,
      'import "npm:corral-no-such-package@0.0.1";\nexport default (n: number) => n;\n',
    );
    const { code, stderr } = await mapByOne(["job.ts"], { stdin: "1\n", cwd: folder });
    assertEquals(code, 255);
    assertStringIncludes(stderr, "or run corral map with --cache");
    const [syntax, number, swapped] = await corralInTurn(
      [["-e", "(n) => n +"], ["-e", "5"], ["in.txt", "job.ts"]]
        .map((args) => ["map", "-j", "1", ...args]),
      { cwd: folder },
    );
    assertEquals(syntax!.code, 255);
    assertStringIncludes(syntax!.stderr, "-e:1:");
    assertEquals(syntax!.stderr.includes("data:"), false);
    assertEquals([number!.code, number!.stderr], [
      255,
      "corral: Cannot run -e: it is a number, wanted a function like (record) => record.id\n",
    ]);
    assertEquals([swapped!.code, swapped!.stderr], [255, 'corral: Cannot load "in.txt": there is no such file\n']);
  });
});
