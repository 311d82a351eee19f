/** A project in a folder of its own, with a cache that has nothing but the compiled library: its files, and Deno run in it. */
import { assertEquals } from "@std/assert";
import { LIBRARY, MADE_PACKAGES } from "./packages.ts";

/** The folder of the library, without its slashes at both ends. */
const ROOT = new URL("../../../", import.meta.url).pathname.slice(1, -1);

/** What a command printed. */
export interface Printed {
  code: number;
  stdout: string;
  stderr: string;
}

/** A folder of files that is removed in the end. */
export class ProjectFolder implements AsyncDisposable {
  readonly path: string;
  /** Variables for each command beside the inherited ones. */
  readonly env: Record<string, string>;
  #library: Promise<void> | undefined;

  private constructor(path: string, env: Record<string, string>) {
    this.path = path;
    this.env = { NO_COLOR: "1", DENO_DIR: `${path}/.cache`, DENO_NO_UPDATE_CHECK: "1", ...env };
  }

  /** Makes the folder. In the files' texts, `LIBRARY` stands for the library's URL. */
  static async make(files: Record<string, string>, env: Record<string, string> = {}): Promise<ProjectFolder> {
    const folder = new ProjectFolder(await Deno.realPath(await Deno.makeTempDir()), env);
    await folder.write(files);
    return folder;
  }

  async write(files: Record<string, string>): Promise<void> {
    const named = Object.entries(files).map(([name, text]) => [name, text.replaceAll("LIBRARY", LIBRARY)]);
    await writeFiles(this.path, Object.fromEntries(named));
  }

  async read(name: string): Promise<string> {
    return await Deno.readTextFile(`${this.path}/${name}`);
  }

  /** Makes a symbolic link, which Deno would let only a program with all permissions for files do. */
  async link(target: string, name: string): Promise<void> {
    const { success } = await new Deno.Command("ln", { args: ["-s", target, `${this.path}/${name}`] }).output();
    assertEquals(success, true);
  }

  /** Runs `deno` with these arguments in the folder. */
  async deno(...args: string[]): Promise<Printed> {
    return await this.denoIn(".", args);
  }

  /** The same below the folder, with more variables. */
  async denoIn(cwd: string, args: string[], env: Record<string, string> = {}): Promise<Printed> {
    await (this.#library ??= this.#takeLibrary());
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: `${this.path}/${cwd}`,
      env: { ...this.env, ...env },
      stdin: "null",
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { code, stdout: out!, stderr: err! };
  }

  /** Runs a command that must succeed. */
  async mustRun(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.deno(...args);
    assertEquals({ args, code, stderr: code === 0 ? "" : stderr }, { args, code: 0, stderr: "" });
    return stdout;
  }

  /**
   * Gives its cache what Deno has compiled of the library: to do that again takes longer than most that is done in a folder.
   * Not by a symbolic link: the library gives no untrusted module a folder that has such a link out of it.
   */
  async #takeLibrary(): Promise<void> {
    const compiled = `${sharedCache()}/gen/file/${ROOT}/src`;
    const place = `${this.path}/.cache`;
    // What is published needs no compiling.
    if (MADE_PACKAGES !== undefined) return;
    if (Deno.build.os === "windows" || this.env["DENO_DIR"] !== place || !await exists(compiled)) return;
    const to = `${place}/gen/file/${ROOT}`;
    await Deno.mkdir(to, { recursive: true });
    // Deno compiles what is missing, should another file system not take the links or a file be gone meanwhile.
    await new Deno.Command("cp", { args: ["-Rl", compiled, to] }).output();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Writes files, by their paths in a folder. */
export async function writeFiles(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
}

/** The cache of the Deno that runs this test. */
function sharedCache(): string {
  const [own, caches, home] = ["DENO_DIR", "XDG_CACHE_HOME", "HOME"].map((name) => Deno.env.get(name));
  return own ?? `${caches ?? `${home}/${Deno.build.os === "darwin" ? "Library/Caches" : ".cache"}`}/deno`;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
