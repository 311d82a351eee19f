// End-to-end: by which `deno.json` a function's imports are resolved, whatever the command was installed with.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { corral, type CorralOutcome, inFolder } from "../../helpers/programs/corral.ts";
import { corralInTurn, mapByOne } from "../../helpers/programs/in_turn.ts";

/** Two projects in a folder: each maps the same name to a file of its own. */
async function twoProjects(folder: string): Promise<void> {
  for (const [name, factor] of [["one", 10], ["two", 100]] as const) {
    await Deno.mkdir(`${folder}/${name}`);
    await Deno.writeTextFile(`${folder}/${name}/deno.json`, '{ "imports": { "#lib": "./lib.ts" } }');
    await Deno.writeTextFile(`${folder}/${name}/lib.ts`, `export const times = (n: number) => n * ${factor};\n`);
    await Deno.writeTextFile(
      `${folder}/${name}/job.ts`,
      'import { times } from "#lib";\nexport default (n: number) => times(n);\n',
    );
  }
}

// `deno install` starts the command with a --config of the command's own, which a program with all permissions can see: so do these.
for (const allow of [["-A"], ["--allow-run"]]) {
  const held = allow[0] !== "-A" ? "few permissions" : "all permissions";

  Deno.test(`corral map with ${held} goes by the deno.json near the function, and for -e by that of the current folder`, async () => {
    await inFolder(async (folder) => {
      await twoProjects(folder);
      await Deno.writeTextFile(`${folder}/in`, "1\n2\n");
      const functions = [
        ["job.ts"],
        ["../two/job.ts"],
        ["--untrusted", "../two/job.ts"],
        ["-e", 'async (n) => (await import("#lib")).times(n)'],
      ];
      const commands = functions.map((args) => ["map", "-q", "-j", "1", ...args, "../in"]);
      const outcomes = await corralInTurn(commands, { cwd: `${folder}/one`, allow });
      assertEquals(
        outcomes.map(({ results, stderr }) => [results, stderr]),
        [[[10, 20], ""], [[100, 200], ""], [[100, 200], ""], [[10, 20], ""]],
      );
    });
  });
}

Deno.test("corral map with all permissions goes by the lock file near the function, whatever the command was started with", async () => {
  await inFolder(async (folder) => {
    await twoProjects(folder);
    await Deno.writeTextFile(`${folder}/one/deno.lock`, '{ "version": "5" }\n');
    const flagsOf = ({ stdout }: CorralOutcome): string => / --cached-only (.*) --location=/.exec(stdout)![1]!;
    // Nothing lies near the last three. An untrusted one had the lock file of the command, in which it was not.
    const url = "http://127.0.0.1:1/job.ts";
    const args = [["one/job.ts"], [url], ["--untrusted", url], ["--untrusted", "-e", "(n) => n"]];
    const dry = args.map((one) => ["map", "--dry-run", ...one]);
    const near = `--lock=${folder}/one/deno.lock --frozen --config=${folder}/one/deno.json`;
    assertEquals((await corralInTurn(dry, { cwd: folder, allow: ["-A"] })).map(flagsOf), [
      near,
      "--no-lock --no-config",
      "--allow-import=127.0.0.1:1 --no-npm --no-lock --no-config",
      "--no-remote --no-npm --no-lock --no-config",
    ]);
    // As `deno install -A --no-lock` has it.
    assertEquals(flagsOf(await corral(dry[0]!, { cwd: folder, allow: ["-A", "--no-lock"] })), near);
  });
});

Deno.test("corral map -e imports names of a package.json and of a workspace's member, as a module in that folder does", async () => {
  await inFolder(async (folder) => {
    const member = `${folder}/all/member`;
    await Deno.mkdir(`${folder}/npm/node_modules/twice`, { recursive: true });
    await Deno.mkdir(member, { recursive: true });
    for (
      const [name, text] of Object.entries({
        "npm/package.json": '{ "dependencies": { "twice": "1" } }',
        "npm/node_modules/twice/package.json":
          '{ "name": "twice", "version": "1.0.0", "type": "module", "exports": "./main.js" }',
        "npm/node_modules/twice/main.js": "export const twice = (n) => n * 2;\n",
        "all/deno.json": '{ "workspace": ["./member"] }',
        "all/member/deno.json": '{ "imports": { "twice": "data:text/javascript,export const twice = (n) => n * 2;" } }',
      })
    ) await Deno.writeTextFile(`${folder}/${name}`, text);
    const texts = [
      'async (n) => (await import("twice")).twice(n)',
      'async (n: number) => (await import("twice")).twice(n) as number;',
      'await import("twice").then(({ twice }) => (n) => twice(n))',
      // To JavaScript alone these are comparisons, and enums nothing.
      'async (n) => { const same = <T>(x: T) => x; return same<number>((await import("twice")).twice(n)); }',
      'async (n) => { enum Factor { one = 1 } return (await import("twice")).twice(n) * Factor.one; }',
    ];
    // What only a module can say runs in one, where these names mean nothing.
    const inModule = 'async (n) => (await import("node:path")).posix.sep + import.meta.url.slice(0, 5)';
    await Deno.writeTextFile(`${folder}/in`, "1\n");
    for (const [cwd, some] of [[`${folder}/npm`, texts], [member, texts.slice(0, 2)]] as const) {
      const outcomes = await runTexts([...some, inModule], `${folder}/in`, cwd);
      assertEquals(
        outcomes.map(({ results, stderr }) => [results, stderr]),
        [...some.map(() => [[2], ""]), [["/data:"], ""]],
      );
    }
  });
});

/** Runs each of the texts with one worker, all in one program. */
async function runTexts(texts: readonly string[], input: string, cwd: string): Promise<CorralOutcome[]> {
  return await corralInTurn(texts.map((text) => ["map", "-q", "-j", "1", "-e", text, input]), {
    cwd,
  });
}

const NO_FOLDER =
  "TypeError: Cannot import a relative path: what stands behind -e lies in no folder, name the file by its whole URL";

const failed = (told: string): string => `corral: record 1 (line 1 of in) failed: ${told}\n    input: 1\n`;

/** What is told of a text whose first record fails, or that cannot be run. */
const FAILURES: [text: string, told: string][] = [
  [
    'async (n) => { await import("node:path");\n  throw new Error("no"); }',
    failed("Error: no\n    at default (-e:2:9)"),
  ],
  [
    'async () => { await import("node:path"); throw new Error("no"); }',
    failed("Error: no\n    at default (-e:1:48)"),
  ],
  [
    'async (n: number) => {\n  await import("node:path");\n  const m = n as any; throw new Error(m);\n}',
    failed("Error: 1\n    at default (-e:3:29)"),
  ],
  // What stands for something else when it runs has no places.
  [
    'async (n) => { enum A { x } await import("node:path"); throw new Error(`${A.x}`); }',
    failed("Error: 0\n    at default (-e)"),
  ],
  [
    'async (n) => (await import("lodash")).map(n)',
    failed(
      'TypeError: Import "lodash" not a dependency, import "npm:lodash" or "jsr:lodash", or name it in a deno.json or package.json of this folder\n    at async default (-e:1:15)',
    ),
  ],
  [
    "(n) => lodash(n)",
    failed(
      'ReferenceError: lodash is not defined: what stands behind -e knows its record and what it imports itself, as in await import("npm:NAME") or import("node:fs")\n    at default (-e:1:8)',
    ),
  ],
  ['async (n) => (await import("./lib.ts")).f(n)', NO_FOLDER],
  ['async (n) =>\n (await import("node:path")', "got the end of -e\n    at -e:2\n"],
  ["async (n) => (await n", "1 | async (n) => (await n\n"],
  ...["", 'await import("node:path")'].map((rest): [string, string] => [
    `async (n: number) => {\n  const x: = 3; ${rest} }`,
    `\n  |\n2 |   const x: = 3; ${rest} }\n  |            ~\n    at -e:2:12\n`,
  ]),
];

Deno.test("corral map -e tells places in what was typed, and what to write for what cannot be imported", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in`, "1\n");
    const told = async (texts: readonly string[]): Promise<string[]> =>
      (await runTexts(texts, "in", folder)).map(({ stderr }) => stderr);
    for (const [at, stderr] of (await told(FAILURES.map(([text]) => text))).entries()) {
      assertStringIncludes(stderr, FAILURES[at]![1], FAILURES[at]![0]);
    }
    const rests = ["", 'await import("node:path");'];
    const printing = rests.map((rest) => `async (n) => {\n  ${rest} console.error(new Error("printed")); }`);
    for (const [at, stderr] of (await told(printing)).entries()) {
      assertMatch(stderr, new RegExp(`^Error: printed\n    at \\S+ \\(-e:2:${rests[at]!.length + 18}\\)\n`));
    }
    // Also where the folder has a configuration.
    await Deno.writeTextFile(`${folder}/deno.json`, "{}");
    assertStringIncludes((await told(['async (n) => (await import("./lib.ts")).f(n)']))[0]!, NO_FOLDER);
  });
});

Deno.test("corral map --cache gets what a module of an npm project imports, from the hosts of --allow-import, and what -e does", async () => {
  await inFolder(async (folder) => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      ({ url }) => {
        if (url.endsWith("/gone.js")) return new Response("", { status: 404 });
        return new Response("export const ten = 10;", { headers: { "content-type": "text/javascript" } });
      },
    );
    const host = `127.0.0.1:${server.addr.port}`;
    await Deno.mkdir(`${folder}/node_modules/twice`, { recursive: true });
    await Deno.writeTextFile(`${folder}/package.json`, '{ "dependencies": { "twice": "1" } }');
    await Deno.writeTextFile(
      `${folder}/node_modules/twice/package.json`,
      '{ "name": "twice", "version": "1.0.0", "type": "module", "exports": "./main.js" }',
    );
    await Deno.writeTextFile(`${folder}/node_modules/twice/main.js`, "export const twice = (n) => n * 2;\n");
    await Deno.writeTextFile(
      `${folder}/job.ts`,
      `import { twice } from "twice";\nimport { ten } from "http://${host}/module.js";\n` +
        "export default (n: number) => twice(n) + ten;\n",
    );
    await Deno.mkdir(`${folder}/elsewhere`);
    const map = (...args: string[]): Promise<CorralOutcome> =>
      mapByOne(["-q", "--cache", `--allow-import=${host}`, ...args], {
        stdin: "1\n",
        cwd: `${folder}/elsewhere`,
        allow: [`--allow-import=${host}`],
        env: { NO_COLOR: "", FORCE_COLOR: "1" },
      });
    const module = await map("../job.ts");
    assertEquals([module.results, module.stderr], [[12], ""]);
    const text = await map("-e", `async (n) => (await import("http://${host}/other.js")).ten + n`);
    assertEquals([text.results, text.stderr], [[11], ""]);
    // Words alone, wherever they go.
    await Deno.writeTextFile(`${folder}/gone.ts`, `import "http://${host}/gone.js";\nexport default () => 1;\n`);
    const { code, stderr } = await map("../gone.ts");
    assertEquals(code, 255);
    assertStringIncludes(stderr, `gone.ts: error: Module not found "http://${host}/gone.js"`);
    assertEquals(stderr.includes("\x1b"), false, stderr);
  });
});

Deno.test({
  name: "corral map loads a module that is a symbolic link, without a permission",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      await twoProjects(folder);
      await new Deno.Command("ln", { args: ["-s", "../two/lib.ts", `${folder}/one/link.ts`] }).output();
      const { results, stderr } = await mapByOne(["-q", "one/link.ts#times"], { stdin: "1\n2\n", cwd: folder });
      assertEquals([results, stderr], [[100, 200], ""]);
    }),
});
