import { denoPath } from "../deno_path.ts";

/** What to bundle. */
export interface Bundle {
  /** The folder in which the sources lie, and whose configuration counts. */
  readonly cwd: string;
  /** The files that are entries, relative to `cwd`. What several of them load lies in files that they share. */
  readonly sources: readonly string[];
  /** The names, or patterns of names with `*`, that stay imports. */
  readonly external: readonly string[];
  /** The folder for the result, in which each entry has its path, with `.js`. */
  readonly outdir: string;
}

/**
 * Makes few files of many. What is behind an `import()` stays in files of its own.
 *
 * @throws {Error} If it fails: Deno gets its bundler from npm.
 */
export async function bundle({ cwd, sources, external, outdir }: Bundle): Promise<void> {
  const { success, stderr } = await new Deno.Command(await denoPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform=deno",
      "--code-splitting",
      ...external.map((name) => `--external=${name}`),
      `--outdir=${outdir}`,
      ...sources,
    ],
    cwd,
    stdin: "null",
    stdout: "null",
  }).output();
  if (!success) throw new Error(`Cannot bundle ${sources.join(", ")}: ${new TextDecoder().decode(stderr)}`);
}
