// End-to-end: the command as `deno install -g` has it, used from a folder with a configuration of its own.
import { assertEquals } from "@std/assert";
import { inFolder } from "../../helpers/programs/corral.ts";
import { Newcomer } from "../../helpers/programs/newcomer.ts";
import { JsrRegistry } from "../../helpers/servers/jsr_registry.ts";

/** As docs/command.md has them. */
const PERMISSIONS = [
  "-A",
  "--allow-run=deno --allow-read --allow-write --allow-env=DENO_DIR,HOME,XDG_CACHE_HOME,LOCALAPPDATA,CI,TERM",
];

Deno.test({
  name:
    "the installed command goes by the project in which it is used: names of deno.json and package.json, its lock file, its sets of permissions",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      await using registry = await JsrRegistry.open();
      await registry.publish(".");
      await registry.publish("cli");
      const user = await Newcomer.create(folder, registry);
      const inProject = "cd own &&";
      for (const name of ["own", "npm", "npm/node_modules", "npm/node_modules/times"]) {
        await Deno.mkdir(`${user.folder}/${name}`);
      }
      await user.write(
        "own/deno.json",
        JSON.stringify({
          // A name that the command has, too, and means a package by.
          imports: { times: "./times.ts", "jsonc-parser": "./times.ts" },
          permissions: { job: { read: ["data.txt"] } },
        }),
      );
      await user.write("own/deno.lock", '{ "version": "5" }\n');
      await user.write("own/times.ts", "export const by = 10;\n");
      await user.write("own/data.txt", "7");
      await user.write("npm/package.json", '{ "dependencies": { "times": "1" } }');
      await user.write(
        "npm/node_modules/times/package.json",
        '{ "name": "times", "version": "1.0.0", "type": "module", "exports": "./main.js" }',
      );
      await user.write("npm/node_modules/times/main.js", "export const by = 100;\n");
      const job = 'import { by } from "times";\nexport default (n: number) => n * by;\n';
      for (const name of ["own", "npm"]) await user.write(`${name}/job.ts`, job);

      for (const permissions of PERMISSIONS) {
        await user.ok(`deno install -q -g -f ${permissions} -n corral jsr:@corral/cli`);
        for (const [cd, factor] of [[inProject, 10], ["cd npm &&", 100]] as const) {
          assertEquals(await user.ok(`${cd} echo 2 | corral map -j1 -q ./job.ts`), `${2 * factor}\n`);
        }
        const times = '(await import("times")).by * n';
        assertEquals(await user.ok(`cd npm && echo 2 | corral map -j1 -q -e 'async (n: number) => ${times}'`), "200\n");
        assertEquals(await user.ok(`cd npm && echo 2 | corral map -j1 -q ../own/job.ts`), "20\n");
        const reads = 'Deno.readTextFileSync("data.txt")';
        const all = `-e 'async (n: number) => [${times}, (await import("jsonc-parser")).by, ${reads}]'`;
        assertEquals(await user.ok(`${inProject} echo 2 | corral map -j1 -q -P job ${all}`), '[20,10,"7"]\n');
        assertEquals((await user.sh(`${inProject} echo 2 | corral map -j1 -q -e '() => ${reads}'`)).code, 1);
        assertEquals(
          (await user.ok(`${inProject} corral map --dry-run ./job.ts < /dev/null`)).match(
            /--lock=\S+ --frozen --config=\S+/,
          )?.[0],
          `--lock=${user.folder}/own/deno.lock --frozen --config=${user.folder}/own/deno.json`,
        );
      }
      // Nothing of the projects was changed.
      assertEquals(await user.ok(`${inProject} cat deno.lock`), '{ "version": "5" }\n');
    }),
});
