/** End-to-end tests of programs outside the repository that load the library from a file or over HTTP. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { soon } from "../../helpers/simulated/clock.ts";
import { LIBRARY } from "../../helpers/programs/packages.ts";
import { writeFiles } from "../../helpers/programs/project_folder.ts";
import { withLibrary, withSources } from "../../helpers/servers/source_server.ts";

const ROOT = new URL("../../../", import.meta.url);
const EXEC = Deno.execPath();

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the file `main.ts` of a folder, in that folder, as a user would. */
async function run(folder: string, flags: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const args = ["run", "--quiet", "--no-prompt", "--no-lock", ...flags, "main.ts"];
  const { code, stdout, stderr } = await new Deno.Command(EXEC, { args, cwd: folder, env }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function withFiles(files: Record<string, string>, body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await writeFiles(folder, files);
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function program(library: string): string {
  return `
    import { Pool } from ${JSON.stringify(`${library}mod.ts`)};
    await using pool = new Pool<typeof import("./tasks/tasks.ts")>({
      workers: 2,
      module: import.meta.resolve("./tasks/tasks.ts"),
    });
    console.log(await pool.map((x: number) => x * x, [1, 2, 3]));
    console.log(await pool.apply("shout", ["heard"]), await pool.apply("attempt"));
  `;
}

function taskFiles(library: string): Record<string, string> {
  return {
    "tasks/deno.json": JSON.stringify({
      imports: { "upper": "./lib/upper.ts", "corral/child": `${library}src/child/mod.ts` },
    }),
    "tasks/lib/upper.ts": "export const upper = (text: string) => text.toUpperCase();",
    "tasks/tasks.ts": `
      import { upper } from "upper";
      import { task } from "corral/child";
      export const shout = (text: string) => upper(text);
      export const attempt = () => task.attempt;
    `,
  };
}

const EXPECTED = "[ 1, 4, 9 ]\nHEARD 1\n";

Deno.test("Pool works from a file: URL with a task module that has an import map of its own", async () => {
  await withFiles({ "main.ts": program(ROOT.href), ...taskFiles(ROOT.href) }, async (folder) => {
    for (const allowRun of [`--allow-run=${EXEC}`, "--allow-run"]) {
      const outcome = await run(folder, [allowRun, "--allow-read=."]);
      assertEquals(outcome, { code: 0, stdout: EXPECTED, stderr: "" });
    }
  });
});

Deno.test("Pool works from an http: URL with a task module that has an import map of its own", async () => {
  await withSources(async (origin) => {
    const library = `${origin}/`;
    await withFiles({ "main.ts": program(library), ...taskFiles(library) }, async (folder) => {
      const flags = [`--allow-run=${EXEC}`, "--allow-read=.", `--allow-import=${new URL(origin).host}`];
      // The cache of the user who runs this test may lie elsewhere than usual.
      assertEquals(await run(folder, [...flags, "--allow-env=DENO_DIR"]), { code: 0, stdout: EXPECTED, stderr: "" });
    });
  });
});

Deno.test("Pool works from an http: URL when DENO_DIR is the program's own", async () => {
  await withLibrary(async (library) => {
    const main = `
      import { Pool } from "${library}";
      await using pool = new Pool({ workers: 1 });
      console.log(await pool.apply(Math.sqrt, [16]));
    `;
    await withFiles({ "main.ts": main, "cache/empty": "" }, async (folder) => {
      const flags = [`--allow-run=${EXEC}`, `--allow-import=${new URL(library).host}`, "--allow-env=DENO_DIR"];
      const outcome = await run(folder, flags, { DENO_DIR: `${folder}/cache` });
      assertEquals(outcome, { code: 0, stdout: "4\n", stderr: "" });
    });
  });
});

Deno.test({
  name: "Pool works with --allow-run=deno when deno is on the PATH",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFiles({
      "main.ts": `
        import { Pool } from "${LIBRARY}";
        await using pool = new Pool({ workers: 1 });
        console.log(await pool.apply(Math.sqrt, [16]));
      `,
      "bin/deno": `#!/bin/sh\nexec "${EXEC}" "$@"\n`,
    }, async (folder) => {
      await Deno.chmod(`${folder}/bin/deno`, 0o755);
      const outcome = await run(folder, ["--allow-run=deno"], { PATH: `${folder}/bin:${Deno.env.get("PATH") ?? ""}` });
      assertEquals(outcome, { code: 0, stdout: "4\n", stderr: "" });
    }),
});

Deno.test("Pool() throws PermissionError that names the flag when the program may not run Deno", async () => {
  const main = `
    import { PermissionError, Pool } from "${LIBRARY}";
    try { new Pool(); } catch (error) { console.log(error instanceof PermissionError, error.message); }
  `;
  await withFiles({ "main.ts": main }, async (folder) => {
    const { code, stdout, stderr } = await run(folder, ["--allow-read"]);
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "true ");
    assertStringIncludes(stdout, `--allow-run=${EXEC}`);
  });
});

Deno.test("Pool ignores a deno.json planted in the program's folder when there is no task module", async () => {
  const files = {
    "main.ts": `
      import { Pool } from "${LIBRARY}";
      await using pool = new Pool({ workers: 1 });
      console.log(await pool.apply(() => import("planted").then(() => "hijacked", () => "refused")));
    `,
    "planted.ts": "export {};",
  };
  await withFiles(files, async (folder) => {
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ imports: { planted: "./planted.ts" } }));
    const outcome = await run(folder, [`--allow-run=${EXEC}`]);
    assertEquals(outcome, { code: 0, stdout: "refused\n", stderr: "" });
  });
});

Deno.test("Pool rejects with the module's own error when it cannot be loaded", async () => {
  const files = {
    "main.ts": `
      import { Pool } from "${LIBRARY}";
      let mostMs = 0;
      for (const name of ["missing.ts", "broken.ts", "throwing.ts", "importing.ts"]) {
        const pool = new Pool({ workers: 2, module: import.meta.resolve("./" + name) });
        const started = performance.now();
        await pool.apply("any").catch((error) => console.log(error.name, error.message.split("\\n")[0].slice(0, 60)));
        mostMs = Math.max(mostMs, performance.now() - started);
        await pool.terminate();
      }
      console.log(mostMs);
    `,
    "broken.ts": "export const any = ;",
    "throwing.ts": `throw new RangeError("while loading");`,
    "importing.ts": `import "./missing.ts";`,
  };
  await withFiles(files, async (folder) => {
    await soon(3000, async () => {
      const { code, stdout } = await run(folder, [`--allow-run=${EXEC}`]);
      const lines = stdout.trimEnd().split("\n");
      assertEquals([code, lines.length], [0, 5]);
      assertStringIncludes(lines[2]!, "RangeError while loading");
      for (const line of [lines[0]!, lines[1]!, lines[3]!]) assertStringIncludes(line, "Error");
      return Number(lines[4]);
    });
  });
});
