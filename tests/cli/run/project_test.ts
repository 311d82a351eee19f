// End-to-end: by which `deno.json` a function's imports are resolved, whatever the command was installed with.
import { assertEquals, assertStringIncludes } from "@std/assert";
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

Deno.test("corral map with all permissions goes by the lock file near the function", async () => {
  await inFolder(async (folder) => {
    await twoProjects(folder);
    await Deno.writeTextFile(`${folder}/one/deno.lock`, '{ "version": "5" }\n');
    const { stdout } = await corral(["map", "--dry-run", "one/job.ts"], { cwd: folder, allow: ["-A"] });
    assertStringIncludes(stdout, `--lock=${folder}/one/deno.lock --frozen --config=${folder}/one/deno.json `);
  });
});
