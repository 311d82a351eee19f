/** A flag, as completion sees it. */
export interface CompletionFlag {
  /** The name after the two hyphens. */
  readonly long: string;
  /** The letter after one hyphen. */
  readonly short?: string;
  /** One line. */
  readonly help: string;
  /** What follows; a flag has nothing. */
  readonly value?: {
    readonly name: string;
    readonly choices?: readonly string[];
    readonly files?: "any" | "folder";
  };
  /** Whether the value may be left out; then it can be given after "=" only. */
  readonly optionalValue?: boolean;
  readonly repeatable?: boolean;
}

/** A flag of a command. */
export interface Flag extends CompletionFlag {
  /** The heading of the help that it stands under. */
  readonly group: string;
}
