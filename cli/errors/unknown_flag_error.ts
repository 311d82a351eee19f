import { nameForPeople } from "./foreign_text.ts";
import { UsageError } from "./usage_error.ts";

/** A flag was given that the command does not have. */
export class UnknownFlagError extends UsageError {
  /** Always the class's own name. */
  override name = "UnknownFlagError";
  /** The message without the advice to look into the help. */
  readonly statement: string;
  /** As it was typed, without a value. */
  readonly flag: string;
  /** The flags that there are, with their dashes. */
  readonly known: readonly string[];

  constructor(flag: string, known: readonly string[], help: string) {
    const statement = `Cannot read ${nameForPeople(flag)}: there is no such flag`;
    super(`${statement}, see ${help}`);
    this.statement = statement;
    this.flag = flag;
    this.known = known;
  }
}
