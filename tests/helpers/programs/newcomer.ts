import { assertEquals } from "@std/assert";
import type { JsrRegistry } from "../servers/jsr_registry.ts";

const text = new TextDecoder();

/** A user with nothing but Deno: a home, a cache that has only npm packages, and an empty folder. */
export class Newcomer {
  readonly #env: Record<string, string>;
  readonly folder: string;

  private constructor(folder: string, env: Record<string, string>) {
    this.folder = folder;
    this.#env = env;
  }

  /** Makes one, in an empty folder. */
  static async create(folder: string, registry?: JsrRegistry): Promise<Newcomer> {
    for (const name of ["home", "cache", "project"]) await Deno.mkdir(`${folder}/${name}`);
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
    const { denoDir } = JSON.parse(text.decode(stdout));
    // Packages of npm are not what is tested here, and some machines do not reach npm.
    for (const name of ["npm", "dl"]) {
      await new Deno.Command("ln", { args: ["-s", `${denoDir}/${name}`, `${folder}/cache/${name}`] }).output();
    }
    return new Newcomer(`${folder}/project`, {
      HOME: `${folder}/home`,
      DENO_DIR: `${folder}/cache`,
      PATH: `${folder}/home/.deno/bin:${Deno.execPath().replace(/\/[^/]*$/, "")}:/usr/bin:/bin`,
      NO_COLOR: "1",
      ...(registry && { JSR_URL: registry.url }),
    });
  }

  /** Runs a line of shell in the project. */
  async sh(line: string, cwd = this.folder): Promise<{ code: number; stdout: string; stderr: string }> {
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", line],
      cwd,
      env: this.#env,
      stdin: "null",
    }).output();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  }

  /** The same, for lines that must succeed. */
  async ok(line: string, cwd?: string): Promise<string> {
    const { code, stdout, stderr } = await this.sh(line, cwd);
    assertEquals(code, 0, `${line}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Writes a file of the project. */
  async write(name: string, content: string): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/${name}`, content);
  }
}
