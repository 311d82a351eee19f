import { fileURLToPath } from "node:url";
import { parse, type ParseError, printParseErrorCode } from "jsonc-parser";
import { UsageError } from "../errors/usage_error.ts";

/** The nearest `deno.json` or `deno.jsonc` of a `file:` module that this program may read, as workers find it. */
export function nearestConfig(module: URL): string | undefined {
  if (module.protocol !== "file:") return undefined;
  for (let folder = new URL(".", module);; folder = new URL("..", folder)) {
    const found = ["deno.json", "deno.jsonc"].map((name) => fileURLToPath(new URL(name, folder))).find(isReadableFile);
    if (found !== undefined || folder.pathname === new URL("..", folder).pathname) return found;
  }
}

function isReadableFile(path: string): boolean {
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return false;
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** What a configuration says. Throws UsageError if it cannot be read. */
export function readConfig(path: string): unknown {
  const errors: ParseError[] = [];
  let config: unknown;
  try {
    config = parse(Deno.readTextFileSync(path), errors, { allowTrailingComma: true });
  } catch (cause) {
    throw new UsageError(`Cannot read ${path}: ${(cause as Error).message}`);
  }
  const [error] = errors;
  if (error === undefined) return config;
  throw new UsageError(`Cannot read ${path}: ${printParseErrorCode(error.error)} at offset ${error.offset}`);
}
