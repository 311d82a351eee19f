/**
 * A folder for Deno that has the cached modules and packages of the real one, and in which Deno finds no place for anything else: what
 * would be a folder is a file, and what would be a file is a folder. See `docs/decisions/storage.md`.
 *
 * It lies in the real folder, always looks the same, and serves all programs. This program may have no permission to make it; a Deno of
 * its own does.
 */

const NAME = "corral_closed";

const MAKER = `const [root, name] = Deno.args, folder = root + "/" + name;
const unlessThere = (make) => { try { make(); } catch (error) { if (!(error instanceof Deno.errors.AlreadyExists)) throw error; } };
Deno.mkdirSync(folder, { recursive: true });
for (const shared of ["remote", "npm"]) {
  Deno.mkdirSync(root + "/" + shared, { recursive: true });
  unlessThere(() => Deno.symlinkSync(root + "/" + shared, folder + "/" + shared, { type: "junction" }));
}
for (const file of ["location_data", "gen", "node_compat_bin"]) unlessThere(() => Deno.writeTextFileSync(folder + "/" + file, "", { createNew: true }));
for (const database of ["dep_analysis_cache_v2", "node_analysis_cache_v2", "v8_code_cache_v2"]) {
  const path = folder + "/" + database;
  unlessThere(() => Deno.mkdirSync(path));
  // Deno has made it, after somebody had removed the folder under a program.
  if (Deno.lstatSync(path).isFile) { Deno.removeSync(path); Deno.mkdirSync(path); }
}`;

const FLAGS = [
  "--quiet",
  "--no-prompt",
  "--no-config",
  "--no-lock",
  "--no-remote",
  "--no-npm",
  "--allow-read",
  "--allow-write",
];

const made = new Map<string, string | undefined>();

/**
 * Makes the folder if need be. This takes two starts of Deno, once for a program.
 *
 * @param denoPath The command that starts Deno.
 * @param env The whole environment in which Deno finds its real folder.
 * @param cwd The working directory from which that counts; `undefined` for the program's own.
 * @returns Its path; `undefined` if it cannot be made, as where the real folder cannot be written.
 */
export function closedCache(
  denoPath: string,
  env: Record<string, string>,
  cwd: string | URL | undefined,
): string | undefined {
  const key = JSON.stringify([denoPath, env, cwd]);
  if (!made.has(key)) {
    made.set(
      key,
      make((args) => {
        const options = {
          args,
          env,
          clearEnv: true,
          ...(cwd !== undefined && { cwd }),
          stdin: "null",
          stderr: "null",
        } as const;
        const { success, stdout } = new Deno.Command(denoPath, options).outputSync();
        return success ? new TextDecoder().decode(stdout) : undefined;
      }),
    );
  }
  return made.get(key);
}

function make(deno: (args: string[]) => string | undefined): string | undefined {
  try {
    const { denoDir } = JSON.parse(deno(["info", "--json", "--no-config", "--no-lock"]) ?? "{}");
    const main = `data:text/javascript,${encodeURIComponent(MAKER)}`;
    return denoDir === undefined || deno(["run", ...FLAGS, main, denoDir, NAME]) === undefined
      ? undefined
      : `${denoDir}/${NAME}`;
  } catch {
    // No process could be started, or the folder of the worker is not there: the worker itself will fail, and say so.
    return undefined;
  }
}
