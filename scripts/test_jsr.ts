// deno-lint-ignore-file no-console
/**
 * Runs the tests against the packages of JSR: in a copy of this repository that has no stand-ins.
 *
 *     deno task test:jsr [path] [flags]
 *
 * In a copy, since tests start programs of their own, which read the `deno.json` around them. Before anything runs, it is
 * looked up where each of the packages comes from there.
 */
import config from "../deno.json" with { type: "json" };

const ROOT = new URL("../", import.meta.url);
const LEFT_OUT = [".git", "node_modules", "offline", "deno.lock"];

async function copy(from: URL, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (LEFT_OUT.includes(name)) continue;
    if (isDirectory) await copy(new URL(`${name}/`, from), `${to}/${name}`);
    else await Deno.copyFile(new URL(name, from), `${to}/${name}`);
  }
}

/** The configuration without the stand-ins. */
function withoutStandIns<C extends { workspace: string[] }>(config: C): C {
  return { ...config, workspace: config.workspace.filter((member) => !member.startsWith("./offline/")) };
}

/** Runs Deno in a folder. */
async function deno(cwd: string, args: readonly string[], stdout: "piped" | "inherit"): Promise<Deno.CommandOutput> {
  return await new Deno.Command("deno", { args: [...args], cwd, stdout, stderr: "inherit" }).spawn().output();
}

/** Where each package of `@std` comes from in a folder. Throws if it is not from JSR. */
async function origins(folder: string): Promise<string[]> {
  const names = Object.keys(config.imports).filter((name) => name.startsWith("@std/"));
  await Deno.writeTextFile(`${folder}/origins.ts`, names.map((name) => `import ${JSON.stringify(name)};\n`).join(""));
  const { success, stdout } = await deno(folder, ["info", "--json", "origins.ts"], "piped");
  await Deno.remove(`${folder}/origins.ts`);
  if (!success) {
    throw new Error(
      "Cannot test against JSR: deno info failed, see above; wanted a machine that reaches https://jsr.io, or JSR_URL with a mirror",
    );
  }
  const { modules }: { modules: { specifier: string; error?: string }[] } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return names.map((name) => {
    const module = modules.find(({ specifier, error }) => error === undefined && specifier.includes(`/${name}/`));
    if (module !== undefined && /^https?:/.test(module.specifier)) return module.specifier;
    throw new Error(
      `Cannot test against JSR: ${name} ${
        module === undefined
          ? "cannot be had, wanted a machine that reaches https://jsr.io, or JSR_URL with a mirror"
          : `comes from ${module.specifier}`
      }`,
    );
  });
}

if (import.meta.main) {
  const folder = `${await Deno.makeTempDir({ prefix: "corral-jsr-" })}/copy`;
  let code: number;
  try {
    await copy(ROOT, folder);
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(withoutStandIns(config), null, 2));
    for (const origin of await origins(folder)) console.log(`@std from ${origin}`);
    ({ code } = await deno(folder, ["task", "--quiet", "test", ...Deno.args], "inherit"));
  } catch (error) {
    // Where the packages cannot be had, a stack says nothing.
    console.error((error as Error).message);
    code = 1;
  } finally {
    await Deno.remove(new URL("..", `file://${folder}/`), { recursive: true });
  }
  Deno.exit(code);
}
