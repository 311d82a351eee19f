/** Where it was measured, and which versions. */

import { cpus } from "node:os";
import { VERSION } from "../../src/wire/version.ts";
import type { Contender } from "./contenders.ts";
import { versionsIn } from "./install.ts";

/** What the numbers depend on. */
export function machine(): Record<string, string> {
  const processors = cpus();
  return {
    "processors": `${processors.length} × ${processors[0]?.model.trim() ?? "unknown"}`,
    "memory": `${(Deno.systemMemoryInfo().total / 2 ** 30).toFixed(0)} GiB`,
    "system": `${Deno.build.os} ${Deno.osRelease()}, ${Deno.build.arch}`,
    "load before": Deno.loadavg()[0]!.toFixed(2),
  };
}

/** The versions of those who take part, and of what runs them. */
export async function versions(contenders: readonly Contender[]): Promise<Record<string, string>> {
  const packages = await versionsIn(new URL("package-lock.json", import.meta.url));
  const found: Record<string, string> = { corral: VERSION, Deno: `${Deno.version.deno} (V8 ${Deno.version.v8})` };
  const runs = (executable: string) => contenders.some(({ command }) => command[0] === executable);
  if (runs("node")) found.Node = await output("node", "--version");
  for (const { package: name } of contenders) {
    if (name) found[name] = packages[`node_modules/${name}`] ?? "missing";
  }
  if (runs("python3")) {
    const startMethod =
      "import multiprocessing, platform; print(platform.python_version(), multiprocessing.get_start_method())";
    const [version, method] = (await output("python3", "-c", startMethod))
      .split(" ");
    found.CPython = `${version}, which starts workers by “${method}” here`;
  }
  return found;
}

async function output(executable: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(executable, { args }).output();
  return new TextDecoder().decode(stdout).trim();
}
