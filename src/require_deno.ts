import { see } from "./troubles.ts";

/**
 * Imported before everything else by each entry point: in another runtime the first module that names `Deno` would fail, with an
 * error that says nothing. For the same reason no file uses syntax that Node 20 cannot parse.
 */
if (!("Deno" in globalThis)) {
  const { process } = globalThis as { process?: { versions?: Record<string, string> } };
  const { bun, node } = process?.versions ?? {};
  const runtime = bun !== undefined ? `Bun ${bun}` : node !== undefined ? `Node.js ${node}` : "another runtime";
  throw new Error(`Cannot load corral: this is ${runtime}, corral needs Deno 2.9 or later${see("other-runtime")}`);
}

export {};
