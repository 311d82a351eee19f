// End-to-end: by which `deno.json` a function's imports are resolved, whatever the command was installed with.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { corral, type CorralOutcome, inFolder } from "../../helpers/programs/corral.ts";

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
for (const allow of [["-A"], []]) {
  const held = allow.length === 0 ? "few permissions" : "all permissions";

  Deno.test(`corral map with ${held} goes by the deno.json near the function, and for -e by that of the current folder`, async () => {
    await inFolder(async (folder) => {
      await twoProjects(folder);
      const map = (...args: string[]): Promise<CorralOutcome> =>
        corral(["map", "-q", ...args], { stdin: "1\n2\n", cwd: `${folder}/one`, allow });
      const near = await map("job.ts");
      assertEquals([near.results, near.stderr], [[10, 20], ""]);
      const other = await map("../two/job.ts");
      assertEquals([other.results, other.stderr], [[100, 200], ""]);
      const untrusted = await map("--untrusted", "../two/job.ts");
      assertEquals([untrusted.results, untrusted.stderr], [[100, 200], ""]);
      const text = await map("-e", 'async (n) => (await import("#lib")).times(n)');
      assertEquals([text.results, text.stderr], [[10, 20], ""]);
    });
  });
}

Deno.test("corral map with all permissions goes by the lock file near the function, whatever the command was started with", async () => {
  await inFolder(async (folder) => {
    await twoProjects(folder);
    await Deno.writeTextFile(`${folder}/one/deno.lock`, '{ "version": "5" }\n');
    const flagsOf = async (args: readonly string[], allow: readonly string[] = ["-A"]): Promise<string> => {
      const { stdout } = await corral(["map", "--dry-run", ...args], { cwd: folder, allow });
      return / --cached-only (.*) --location=/.exec(stdout)![1]!;
    };
    const near = `--lock=${folder}/one/deno.lock --frozen --config=${folder}/one/deno.json`;
    assertEquals(await flagsOf(["one/job.ts"]), near);
    // As `deno install -A --no-lock` has it.
    assertEquals(await flagsOf(["one/job.ts"], ["-A", "--no-lock"]), near);
    // Nothing lies near these. An untrusted one had the lock file of the command, in which it was not.
    const url = "http://127.0.0.1:1/job.ts";
    assertEquals(await flagsOf([url]), "--no-lock --no-config");
    assertEquals(
      await flagsOf(["--untrusted", url]),
      "--allow-import=127.0.0.1:1 --no-npm --no-lock --no-config",
    );
    assertEquals(
      await flagsOf(["--untrusted", "-e", "(n) => n"]),
      "--no-remote --no-npm --no-lock --no-config",
    );
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
    for (const cwd of [`${folder}/npm`, member]) {
      const map = (text: string): Promise<CorralOutcome> => corral(["map", "-q", "-e", text], { stdin: "1\n", cwd });
      for (
        const text of [
          'async (n) => (await import("twice")).twice(n)',
          'async (n: number) => (await import("twice")).twice(n) as number;',
          'await import("twice").then(({ twice }) => (n) => twice(n))',
          // To JavaScript alone these are comparisons, and enums nothing.
          'async (n) => { const same = <T>(x: T) => x; return same<number>((await import("twice")).twice(n)); }',
          'async (n) => { enum Factor { one = 1 } return (await import("twice")).twice(n) * Factor.one; }',
        ]
      ) {
        const { results, stderr } = await map(text);
        assertEquals([results, stderr], [[2], ""], text);
      }
      // What only a module can say runs in one, where these names mean nothing.
      const { results } = await map('async (n) => (await import("node:path")).posix.sep + import.meta.url.slice(0, 5)');
      assertEquals(results, ["/data:"]);
    }
  });
});

Deno.test("corral map -e tells places in what was typed, and what to write for what cannot be imported", async () => {
  await inFolder(async (folder) => {
    const failure = async (text: string): Promise<string> => {
      const { stderr } = await corral(["map", "-q", "-e", text], { stdin: "1\n", cwd: folder });
      return stderr.replaceAll(/^corral: (?:record 1 \(line 1 of stdin\) failed: )?|\n {4}input: 1\n$/g, "");
    };
    const lines = (await failure('async (n) => { await import("node:path");\n  throw new Error("no"); }')).split("\n");
    assertEquals(lines, ["Error: no", "    at default (-e:2:9)"]);
    const first = await failure('async () => { await import("node:path"); throw new Error("no"); }');
    assertEquals(first, "Error: no\n    at default (-e:1:48)");
    const typed = await failure(
      'async (n: number) => {\n  await import("node:path");\n  const m = n as any; throw new Error(m);\n}',
    );
    assertEquals(typed, "Error: 1\n    at default (-e:3:29)");
    for (const rest of ["", 'await import("node:path");']) {
      const text = `async (n) => {\n  ${rest} console.error(new Error("printed")); }`;
      const { stderr } = await corral(["map", "-q", "-e", text], { stdin: "1\n", cwd: folder });
      assertMatch(stderr, new RegExp(`^Error: printed\n    at \\S+ \\(-e:2:${rest.length + 18}\\)\n`));
    }
    // What stands for something else when it runs has no places.
    const made = await failure('async (n) => { enum A { x } await import("node:path"); throw new Error(`${A.x}`); }');
    assertEquals(made, "Error: 0\n    at default (-e)");
    assertEquals(
      await failure('async (n) => (await import("lodash")).map(n)'),
      'TypeError: Import "lodash" not a dependency, import "npm:lodash" or "jsr:lodash", or name it in a deno.json or package.json of this folder' +
        "\n    at async default (-e:1:15)",
    );
    assertEquals(
      await failure("(n) => lodash(n)"),
      'ReferenceError: lodash is not defined: what stands behind -e knows its record and what it imports itself, as in await import("npm:NAME") or import("node:fs")' +
        "\n    at default (-e:1:8)",
    );
    for (const lacks of ["", "{}"]) {
      if (lacks !== "") await Deno.writeTextFile(`${folder}/deno.json`, lacks);
      assertStringIncludes(
        await failure('async (n) => (await import("./lib.ts")).f(n)'),
        "TypeError: Cannot import a relative path: what stands behind -e lies in no folder, name the file by its whole URL",
      );
    }
    assertStringIncludes(
      await failure('async (n) =>\n (await import("node:path")'),
      "got the end of -e\n    at -e:2\n",
    );
    assertStringIncludes(await failure("async (n) => (await n"), "1 | async (n) => (await n\n");
    for (const rest of ["", 'await import("node:path")']) {
      assertEquals(
        (await failure(`async (n: number) => {\n  const x: = 3; ${rest} }`)).split("\n").slice(1, 5),
        ["  |", `2 |   const x: = 3; ${rest} }`, "  |            ~", "    at -e:2:12"],
      );
    }
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
      corral(["map", "-q", "--cache", `--allow-import=${host}`, ...args], {
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
      const { results, stderr } = await corral(["map", "-q", "one/link.ts#times"], { stdin: "1\n2\n", cwd: folder });
      assertEquals([results, stderr], [[100, 200], ""]);
    }),
});
