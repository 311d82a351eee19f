import { CliError, reasonOf } from "./cli_error.ts";
import { nameForPeople } from "./foreign_text.ts";

/** A file of the run cannot be written, for example because the disk is full. */
export class OutputError extends CliError {
  /** Always the class's own name. */
  override name = "OutputError";
  /** The file; `-` is stdout. */
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(`Cannot write ${path === "-" ? "stdout" : nameForPeople(path)}: ${reasonOf(cause)}`, {
      cause,
    });
    this.path = path;
  }
}
