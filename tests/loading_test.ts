/** End-to-end tests that guard what loads at a start: each module takes Deno about a tenth of a millisecond, and each package of npm far more. */
import { assert, assertEquals } from "@std/assert";
import { corralArgs } from "./helpers/programs/corral.ts";

const ROOT = new URL("../", import.meta.url);

interface Graph {
  readonly roots: readonly string[];
  readonly redirects: Readonly<Record<string, string>>;
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly isDynamic?: boolean;
      readonly code?: { readonly specifier?: string };
    }[];
  }[];
}

async function graphOf(path: string): Promise<Graph> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL(path, ROOT).href],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** What loads with a module; of what it loads late, only the modules that `late` names. */
function loadedWith({ roots, redirects, modules }: Graph, late: readonly string[] = []): string[] {
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const wanted = new Set(late.map((path) => new URL(path, ROOT).href));
  const loaded = new Set<string>(roots);
  for (const name of loaded) {
    for (const { isDynamic, code } of byName.get(name)?.dependencies ?? []) {
      const specifier = redirects[code?.specifier ?? ""] ?? code?.specifier;
      if (specifier !== undefined && (!isDynamic || wanted.has(specifier))) loaded.add(specifier);
    }
  }
  for (const name of wanted) assert(loaded.has(name), `${name} is not loaded late, the test looks at something else`);
  return [...loaded];
}

/** The exit code of a run with the record 1, and what it printed. */
async function mapOne(args: readonly string[]): Promise<[code: number, stdout: string, stderr: string]> {
  const child = new Deno.Command(Deno.execPath(), { args: [...args], stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("1\n"));
  await writer.close();
  const { code, stdout, stderr } = await output;
  const text = new TextDecoder();
  return [code, text.decode(stdout), text.decode(stderr)];
}

Deno.test("corral loads only a handful of modules before it knows what it is to do", async () => {
  const loaded = loadedWith(await graphOf("cli/main.ts"));
  assert(loaded.length <= 10, loaded.join("\n"));
});

Deno.test("corral map loads nothing of a pool before it starts the first worker's process", async () => {
  const loaded = loadedWith(await graphOf("cli/main.ts"), ["cli/command/map_command.ts"]);
  assertEquals(
    loaded.filter((name) => /\/(src\/(pool|hub|wire\/codec)|cli\/(run|session\/map_session))\b/.test(name)),
    [],
  );
  assert(loaded.length <= 65, `${loaded.length} modules`);
});

Deno.test("corral map loads no package and no module of Node for a plain run", async () => {
  const late = ["cli/command/map_command.ts", "cli/session/map_session.ts", "cli/observers/progress/mod.ts"];
  const loaded = loadedWith(await graphOf("cli/main.ts"), late);
  assertEquals(loaded.filter((name) => !name.startsWith("file:")), []);
  assertEquals(
    loaded.filter((name) => /\/(offline|cluster\/src|cli\/(cluster|joblog|observers\/report))\//.test(name)),
    [],
  );
  assert(loaded.length <= 305, `${loaded.length} modules`);
});

Deno.test("a program that imports the library loads nothing of what only few want", async () => {
  const loaded = loadedWith(await graphOf("mod.ts"));
  assertEquals(loaded.filter((name) => !name.startsWith("file:")), []);
  const few = /\/src\/(progress|trace_file|child|dashboard\/(mod|page|recorder|server))/;
  assertEquals(loaded.filter((name) => few.test(name)), []);
  assert(loaded.length <= 252, `${loaded.length} modules`);
});

Deno.test("corral map runs where Deno may load nothing of npm", async () => {
  const [run, ...args] = corralArgs(["map", "-q", "-e", "(x) => x + 1"]);
  assertEquals(await mapOne([run!, "--no-npm", ...args]), [0, "2\n", ""]);
});

Deno.test("corral map looks at no timer of the runtime for a plain run: Deno would load Node's layer for it", async () => {
  // Runs before the command.
  const guard = `for (const name of ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate"]) {
    Object.defineProperty(globalThis, name, { configurable: true, get: () => { throw new Error("looked at " + name); } });
  }`;
  const [run, ...args] = corralArgs(["map", "-q", "-e", "(x) => x + 1"]);
  const preload = `--preload=data:text/javascript,${encodeURIComponent(guard)}`;
  assertEquals(await mapOne([run!, preload, ...args]), [0, "2\n", ""]);
});
