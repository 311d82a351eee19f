import { InputError } from "../errors/cli_error.ts";
import { remedyFor } from "../input/guess_format.ts";
import type { Inputs } from "../input/inputs.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";

/** After so many invalid records, and not a single valid one, it is the format that is wrong. */
const LIMIT = 20;

/** Sees whether anything of the input can be read as it is tried: if not, a line for each record helps nobody. */
export class InputDoubt {
  readonly #options: Pick<CliMapOptions, "input">;
  readonly #inputs: Pick<Inputs, "place" | "sample">;
  #invalid = 0;
  #isGone: boolean;

  /** `wasRead` says that an earlier run could read records: then what failed may be all that is run again. */
  constructor(
    options: Pick<CliMapOptions, "input">,
    inputs: Pick<Inputs, "place" | "sample">,
    wasRead: boolean,
  ) {
    this.#options = options;
    this.#inputs = inputs;
    this.#isGone = wasRead;
  }

  /** Counts records that ended. Returns what the run should end with, if it is time for that. */
  note(done: number, invalid: number): InputError | undefined {
    if (this.#isGone) return undefined;
    if (done > invalid) this.#isGone = true;
    this.#invalid += invalid;
    if (this.#isGone || this.#invalid < LIMIT) return undefined;
    this.#isGone = true;
    return new InputError(
      `Cannot go on: the first ${this.#invalid} records of ${this.#inputs.place} are invalid, ${this.#remedy}`,
    );
  }

  /** What to say at the end of a short input of which nothing could be read. */
  get advice(): string | undefined {
    if (this.#isGone || this.#invalid === 0) return undefined;
    return `no record of ${this.#inputs.place} could be read, ${this.#remedy}`;
  }

  get #remedy(): string {
    return remedyFor(this.#inputs.sample, this.#options.input);
  }
}
