/** What stops the command, with a message for its user: no stack is of any use. */
export abstract class CliError extends Error {}

/** An input cannot be opened or read, or is no such input at all. */
export class InputError extends CliError {
  /** Always the class's own name. */
  override name = "InputError";
}
