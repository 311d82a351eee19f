import { CliError } from "./cli_error.ts";

/** An input cannot be opened or read, or is no such input at all. */
export class InputError extends CliError {
  /** Always the class's own name. */
  override name = "InputError";
}
