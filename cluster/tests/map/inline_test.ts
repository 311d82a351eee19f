// End-to-end: what is typed behind `-e` imports on an agent what the project of the agent's folder has, whatever the agent's command lies near.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { corral, inFolder } from "../../../tests/helpers/programs/corral.ts";
import { AgentProcess } from "../helpers/agent_process.ts";
import { clusterFlags, clusterPermissions } from "../helpers/map_flags.ts";
import { NO_REDIS, RedisServer } from "../helpers/redis_server.ts";

/** Folders in which `times` is a name, and by how much it multiplies. */
const PROJECTS: Readonly<
  Record<string, { readonly factor: number; readonly files: Readonly<Record<string, string>> }>
> = {
  "a deno.json": {
    factor: 10,
    files: { "deno.json": '{ "imports": { "times": "data:text/javascript,export const by = 10;" } }' },
  },
  "a package.json": {
    factor: 100,
    files: {
      "package.json": '{ "dependencies": { "times": "1" } }',
      "node_modules/times/package.json":
        '{ "name": "times", "version": "1.0.0", "type": "module", "exports": "./main.js" }',
      "node_modules/times/main.js": "export const by = 100;\n",
    },
  },
};

for (const [what, { factor, files }] of Object.entries(PROJECTS)) {
  Deno.test({
    name: `corral agent --allow-inline in a folder with ${what} runs what is typed with the names of that project`,
    ignore: NO_REDIS !== undefined,
    fn: () =>
      inFolder(async (folder) => {
        for (const [name, text] of Object.entries(files)) {
          await Deno.mkdir(`${folder}/agent/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
          await Deno.writeTextFile(`${folder}/agent/${name}`, text);
        }
        // Who types has another project, which has no say.
        await Deno.mkdir(`${folder}/client`);
        await Deno.writeTextFile(
          `${folder}/client/deno.json`,
          '{ "imports": { "times": "data:text/javascript,export const by = 1;" } }',
        );
        await using redis = await RedisServer.start();
        await using _agent = await AgentProcess.start(redis.url, {
          command: "corral agent",
          module: null,
          jobs: 1,
          flags: ["--allow-inline"],
          cwd: `${folder}/agent`,
        });
        const text = "async (n: number) => n < 3 ? (await import('times')).by * n : (await import('lodash')).map(n)";
        const { results, stderr } = await corral(["map", "-q", ...clusterFlags(redis.url), "-e", text], {
          stdin: "1\n2\n3\n",
          cwd: `${folder}/client`,
          allow: clusterPermissions(redis.url),
        });
        assertEquals(results, [factor, 2 * factor]);
        assertStringIncludes(stderr, 'Import "lodash" not a dependency, import "npm:lodash" or "jsr:lodash"');
        assertEquals(stderr.match(/^corral: record /gm), ["corral: record "]);
      }),
  });
}
