import { CliError, nameForPeople, reasonOf } from "./cli_error.ts";

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
