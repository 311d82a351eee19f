import { parse, type ParseError, printParseErrorCode } from "jsonc-parser";
import { reasonOf } from "../errors/cli_error.ts";
import { nameForPeople } from "../errors/foreign_text.ts";
import { UsageError } from "../errors/usage_error.ts";

/** What a configuration says. Throws UsageError if it cannot be read. */
export function readConfig(path: string): unknown {
  const errors: ParseError[] = [];
  let config: unknown;
  try {
    config = parse(Deno.readTextFileSync(path), errors, { allowTrailingComma: true });
  } catch (cause) {
    throw new UsageError(`Cannot read ${nameForPeople(path)}: ${reasonOf(cause)}`);
  }
  const [error] = errors;
  if (error === undefined) return config;
  throw new UsageError(
    `Cannot read ${nameForPeople(path)}: ${printParseErrorCode(error.error)} at offset ${error.offset}`,
  );
}
