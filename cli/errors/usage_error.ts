import { CliError } from "./cli_error.ts";

/** The command was called in a way that it cannot follow. */
export class UsageError extends CliError {
  /** Always the class's own name. */
  override name = "UsageError";
}
