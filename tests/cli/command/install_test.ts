// End-to-end: the packages as a registry serves them, and the command installed from there and from a clone.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { inFolder } from "../../helpers/programs/corral.ts";
import { Newcomer } from "../../helpers/programs/newcomer.ts";
import { JsrRegistry } from "../../helpers/servers/jsr_registry.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const isWindows = Deno.build.os === "windows";

Deno.test({
  name:
    "the packages can be published, added and installed, the library brings no package of npm, and the command says how to get that for clusters",
  ignore: isWindows,
  fn: () =>
    inFolder(async (folder) => {
      await using registry = await JsrRegistry.open();
      await registry.publish(".");
      await registry.publish("cli");
      const user = await Newcomer.create(folder, registry);
      // Programs load what the sources were made into. These say what the types are.
      const areSources = () => registry.requests.filter((path) => /@corral\/.*\.ts$/.test(path));
      await user.write(
        "count.ts",
        'import { cpuCount } from "jsr:@corral/multiprocessing";\nconsole.log(cpuCount());\n',
      );
      await user.ok("deno run -q count.ts");
      assertEquals(areSources(), []);
      await user.write("deno.json", "{}");
      await user.ok("deno add -q jsr:@corral/multiprocessing");
      const lock = JSON.parse(await Deno.readTextFile(`${user.folder}/deno.lock`));
      assertEquals([Object.keys(lock.jsr), lock.npm], [["@corral/multiprocessing@0.1.0"], undefined]);
      await user.write(
        "main.ts",
        'import { Pool } from "@corral/multiprocessing";\nawait using pool = new Pool({ workers: 1 });\n' +
          "console.log(JSON.stringify(await pool.map((x: number) => x * x, [1, 2, 3])));\n",
      );
      assertEquals(await user.ok("deno run --quiet --allow-run=deno main.ts"), "[1,4,9]\n");
      await user.write("wrong.ts", 'import { Pool } from "@corral/multiprocessing";\nnew Pool({ workers: "2" });\n');
      const { stderr: wrong } = await user.sh("deno check main.ts wrong.ts");
      assertMatch(wrong, /Type 'string' is not assignable/);
      assertEquals(wrong.match(/ at file:\S+/g), [` at file://${user.folder}/wrong.ts:2:12`]);
      assert(areSources().includes("GET /@corral/multiprocessing/0.1.0/src/pool/options.ts"));

      await user.ok("deno install -q -g -A -n corral jsr:@corral/cli");
      await user.write("job.ts", "export default (row: { a: string }) => ({ ...row, b: Number(row.a) * 2 });\n");
      await user.write("in.csv", "a\n1\n2\n");
      assertEquals(await user.ok("corral map -j1 ./job.ts in.csv"), '{"a":"1","b":2}\n{"a":"2","b":4}\n');
      const files = "-o out.csv --report run.html";
      assertEquals(
        await user.ok(`corral map -j1 --untrusted ./job.ts in.csv ${files} && cat out.csv`),
        "a,b\n1,2\n2,4\n",
      );
      assertStringIncludes(await user.ok("cat run.html"), "</html>");
      await user.write("net.ts", "export default async (url: string) => (await fetch(url)).status;\n");
      const { host } = new URL(registry.url);
      const line = `echo '"${registry.url}@corral/cli/meta.json"' | corral map -j1 ./net.ts`;
      assertEquals(await user.ok(`${line} --allow-net=${host}`), "200\n");
      const fenced = await user.sh(line);
      assertEquals(fenced.code, 1);
      assertStringIncludes(fenced.stderr, `grant it with --allow-net=${host}`);

      // What only some need is not even asked for by the others.
      const isOfCluster = (path: string) => path.includes("/@corral/cluster/");
      assertEquals(registry.requests.filter(isOfCluster), []);
      // In a cache of its own: Deno remembers which packages there are not.
      const alone = await user.sh(`DENO_DIR=${folder}/alone corral agent --help`);
      assertEquals(alone.code, 255);
      assertStringIncludes(
        alone.stderr,
        "corral: Cannot work with other machines: the package jsr:@corral/cluster@^0.1.0 cannot be",
      );
      assertStringIncludes(alone.stderr, "get it once with:\n  deno cache jsr:@corral/cluster@^0.1.0/host\n");
      await registry.publish("cluster");
      assertStringIncludes(await user.ok("corral agent --help"), "Usage: corral agent --redis URL");
      assert(registry.requests.some((path) => path.includes("/@corral/cluster/0.1.0")));

      // Installed with less, it says how to install it with what is missing; and the line that it prints works.
      await user.ok("deno install -q -g -f --allow-run=deno --allow-read --allow-write -n corral jsr:@corral/cli");
      const refused = await user.sh(`${line} --allow-net=${host}`);
      assertEquals(refused.code, 255);
      assertMatch(refused.stderr, /\n {2}deno install -g -f -A -n corral \S+\nor with no more than is needed here:\n/);
      const [, narrow] = /\n {2}(deno install -g -f --allow-run.*)\n$/.exec(refused.stderr)!;
      await user.ok(narrow!.replace("install", "install -q"));
      assertEquals(await user.ok(`${line} --allow-net=${host}`), "200\n");
    }),
});

Deno.test({
  name:
    "deno task install makes a clone the user's command, and deno task corral finds files from where the user stands",
  ignore: isWindows,
  fn: () =>
    inFolder(async (folder) => {
      const user = await Newcomer.create(folder);
      await user.write("job.ts", "export default (n: number) => n * 2;\n");
      await user.write("in.ndjson", "1\n2\n");
      assertStringIncludes(
        await user.ok("deno task -q install", ROOT),
        `Installed ${folder}/home/.deno/bin/corral\nIt is the command as it stands now`,
      );
      const launcher = await Deno.readTextFile(`${folder}/home/.deno/bin/corral`);
      assertStringIncludes(launcher, `cli/built/main.js "$@"\n`);
      // What is loaded late comes from that copy too.
      const late = "--report run.html --joblog log --events events --trace trace --dashboard=0";
      assertEquals(await user.ok(`corral map -j1 -q ./job.ts in.ndjson ${late}`), "2\n4\n");
      assertStringIncludes(await user.ok("cat run.html"), "</html>");
      assertStringIncludes(await user.ok("corral agent --help"), "Usage: corral agent --redis URL");
      // A run that goes on meanwhile loads more of the copy that it began with; one of last year does not.
      await user.ok("touch cli/built/chunk-BEFORE.js && touch -t 202001010000 cli/built/chunk-OLD.js", ROOT);
      await user.ok("deno task -q install --allow-net=127.0.0.1", ROOT);
      assertEquals(await user.ok("ls cli/built | grep -e BEFORE -e OLD", ROOT), "chunk-BEFORE.js\n");
      await user.ok("rm cli/built/chunk-BEFORE.js", ROOT);
      const refused = await user.sh("corral map -j1 ./job.ts in.ndjson --allow-net=example.com");
      assertStringIncludes(refused.stderr, `  cd ${ROOT.slice(0, -1)} && deno task install --allow-net=example.com\n`);
      assertEquals(await user.ok("corral map -j1 ./job.ts in.ndjson --allow-net=127.0.0.1"), "2\n4\n");
      const wrong = await user.sh("deno task -q install --allow-everything=1 x", ROOT);
      assertStringIncludes(wrong.stderr, "Cannot install: x is not a permission flag");
      // The tests run in a task themselves, and a task within a task keeps where the user stands.
      const task = `unset INIT_CWD; deno task -q --config ${ROOT}deno.json corral map -q ./job.ts in.ndjson`;
      assertEquals(await user.ok(task), "2\n4\n");
    }),
});

Deno.test({
  name: "deno task test:jsr tests against the packages of a registry, and says where they come from",
  ignore: isWindows,
  fn: () =>
    inFolder(async (folder) => {
      await using registry = await JsrRegistry.open();
      const user = await Newcomer.create(folder, registry);
      const { code, stdout, stderr } = await user.sh(
        "deno task -q test:jsr tests/collections/deque_test.ts --no-check",
        ROOT,
      );
      assertEquals(code, 0, stdout + stderr);
      for (const name of ["assert", "async", "cli", "streams"]) {
        assertMatch(stdout, new RegExp(`^@std from ${registry.url}@std/${name}/\\d\\S*/mod\\.ts$`, "m"));
      }
      assertMatch(stdout, /\d+ passed/);
      assert(registry.requests.some((path) => path.includes("/@std/assert/")));
    }),
});

Deno.test("a program that links a clone is not warned, and keeps its own @std", () =>
  inFolder(async (folder) => {
    await using registry = await JsrRegistry.open();
    const user = await Newcomer.create(folder, registry);
    const name = "@corral/multiprocessing";
    await user.write("deno.json", JSON.stringify({ links: [ROOT], imports: { [name]: `jsr:${name}@^0.1.0` } }));
    await user.write("main.ts", `import { cpuCount } from "${name}";\nconsole.log(typeof cpuCount());\n`);
    const { code, stdout, stderr } = await user.sh("deno run --no-lock main.ts");
    assertEquals([code, stdout, stderr], [0, "number\n", ""]);
    await user.write(
      "std.ts",
      'import * as std from "jsr:@std/assert@1";\nconsole.log(import.meta.resolve("jsr:@std/assert@1"), typeof std);\n',
    );
    const std = await user.sh("deno info --no-lock --json std.ts");
    assertStringIncludes(std.stdout, `${registry.url}@std/assert/`);
  }));
