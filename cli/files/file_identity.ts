/**
 * What tells files apart whatever they are called: links of both kinds lead to one file. Nothing of devices and pipes: a
 * terminal may be read and written.
 */
export function fileIdentity(path: string): string | undefined {
  try {
    const { isFile, dev, ino } = Deno.statSync(path);
    if (!isFile) return undefined;
    return ino ? `${dev}:${ino}` : Deno.realPathSync(path);
  } catch {
    const { resolve, basename } = nodePath();
    return resolve(realFolder(path), basename(path));
  }
}

/** The folder of a file that is not there yet. */
function realFolder(path: string): string {
  const { resolve, dirname } = nodePath();
  try {
    return Deno.realPathSync(dirname(resolve(path)));
  } catch {
    return dirname(resolve(path));
  }
}

/** Late: only runs that write a file that is not there yet want it, and it takes a while to load. */
function nodePath(): {
  resolve(...parts: string[]): string;
  basename(path: string): string;
  dirname(path: string): string;
} {
  return process.getBuiltinModule("node:path");
}

/** The same of stdin, which has no name. */
export async function stdinIdentity(): Promise<string | undefined> {
  // Late: few runs want it, and it takes a while to load.
  const { fstatSync } = await import("node:fs");
  const stats = fstatSync(0);
  return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
}
