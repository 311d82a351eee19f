/** What a start costs without corral, and without waste: the same processes, the same text, the same number of files. */

import { buildPackages } from "../../scripts/packaging/build_packages.ts";
import { fewFiles } from "../../scripts/packaging/few_files.ts";
import { CHILD_SCRIPTS } from "../../src/worker/child_source.js";

/** What a worker evaluates before it reads its first message. */
export const CORE: readonly string[] = CHILD_SCRIPTS.filter((script) =>
  /sourceURL=ext:corral\/child(?:\/\d+)?\n$/.test(script)
);

/** Files that a floor needs, in a folder that goes with it. */
export class FloorFiles implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<FloorFiles> {
    return new FloorFiles(await Deno.makeTempDir({ prefix: "corral-start-" }));
  }

  /** A program and all that it loads at once in one file; what it loads late is in others, and not read before. */
  async bundle(path: string): Promise<string> {
    const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
    const main = await fewFiles(path, `${this.#folder}/${path.replaceAll(/\W/g, "_")}`, root);
    if (main === undefined) throw new Error(`Cannot bundle ${path}`);
    return main;
  }

  /** The packages as they are published: the folder in which they lie as the sources do in the repository. */
  async packages(): Promise<string> {
    const folder = `${this.#folder}/packages`;
    await buildPackages(folder);
    return folder;
  }

  /** A program of so many files, each with a line of TypeScript. */
  async emptyModules(count: number): Promise<string> {
    const names = Array.from({ length: count }, (_, index) => `empty_${index}.ts`);
    await Promise.all(
      names.map((name) => Deno.writeTextFile(`${this.#folder}/${name}`, "export const x: number = 1;\n")),
    );
    const main = `${this.#folder}/main.ts`;
    await Deno.writeTextFile(main, names.map((name) => `import "./${name}";\n`).join(""));
    return main;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** How many modules a program loads at its start, those that it imports late aside. */
export async function countModules(path: string): Promise<number> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", path], stdin: "null" })
    .output();
  const { modules, roots } = JSON.parse(new TextDecoder().decode(stdout)) as {
    roots: string[];
    modules: {
      specifier: string;
      dependencies?: { isDynamic?: boolean; code?: { specifier?: string } }[];
    }[];
  };
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set(roots);
  for (const name of loaded) {
    for (const { isDynamic, code } of byName.get(name)?.dependencies ?? []) {
      if (!isDynamic && code?.specifier !== undefined) loaded.add(code.specifier);
    }
  }
  return loaded.size;
}

/** Two Denos that read some scripts, evaluate them and answer a byte, and that end when they are told. */
export class TwoDenos {
  readonly #children: readonly Deno.ChildProcess[];
  readonly #writers: readonly WritableStreamDefaultWriter<Uint8Array>[];

  private constructor(
    children: readonly Deno.ChildProcess[],
    writers: readonly WritableStreamDefaultWriter<Uint8Array>[],
  ) {
    this.#children = children;
    this.#writers = writers;
  }

  /** Starts them. Resolves when both have answered. */
  static async start(scripts: readonly string[]): Promise<TwoDenos> {
    const bytes = new TextEncoder().encode(scripts.join(""));
    const source = `const bytes=new Uint8Array(${bytes.length});` +
      "for(let at=0;at<bytes.length;)at+=Deno.stdin.readSync(bytes.subarray(at));" +
      `const text=new TextDecoder().decode(bytes);let end=0;` +
      `for(const length of [${scripts.map(({ length }) => length)}])(0,eval)(text.slice(end,end+=length));` +
      "Deno.stdout.writeSync(new Uint8Array(1));" +
      "await Deno.stdin.read(bytes);Deno.exit(0)";
    const children = [1, 2].map(() =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-config", `data:text/javascript,${encodeURIComponent(source)}`],
        stdin: "piped",
        stdout: "piped",
      }).spawn()
    );
    const writers = children.map(({ stdin }) => stdin.getWriter());
    await Promise.all(children.map(async ({ stdout }, index) => {
      await writers[index]!.write(bytes);
      const reader = stdout.getReader();
      await reader.read();
      reader.releaseLock();
    }));
    return new TwoDenos(children, writers);
  }

  /** Tells them to end. Resolves when both have. */
  async end(): Promise<void> {
    await Promise.all(this.#children.map(async ({ stdout, status }, index) => {
      await this.#writers[index]!.write(new Uint8Array(1));
      await status;
      await Promise.all([stdout.cancel(), this.#writers[index]!.abort().catch(() => {})]);
    }));
  }
}
