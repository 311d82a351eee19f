/** What was measured, and its statistics. */

/** What one run of a contender said. */
export interface Measured {
  readonly samples: readonly number[];
  /** Why there is no number, in a word or two: "hangs". */
  readonly outcome?: string;
}

/** The outcome of who was stopped. */
export const TAKES_TOO_LONG = "takes too long";

/** All runs of one contender in one row. */
export interface Result {
  readonly row: string;
  readonly contender: string;
  /** Of each round the median of its samples, or the outcome. */
  readonly rounds: readonly (number | string)[];
}

/** A run of the command. */
export interface Report {
  readonly at: string;
  readonly mode: "full" | "quick";
  readonly rounds: number;
  readonly tookMs: number;
  readonly machine: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly results: readonly Result[];
}

/** The middle value; undefined of none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]
    : sorted.length === 0
    ? undefined
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The rounds that gave a number. */
export function numbersOf(result: Result | undefined): number[] {
  return result?.rounds.filter((round) => typeof round === "number") ?? [];
}

/** What stands in the tables; undefined when a round had another outcome. */
export function valueOf(result: Result | undefined): number | undefined {
  return outcomeOf(result) === undefined ? median(numbersOf(result)) : undefined;
}

/** The outcome in words, and in how many rounds; undefined when there was a number in each. */
export function outcomeOf(result: Result | undefined): string | undefined {
  const outcomes = result?.rounds.filter((round) => typeof round === "string") ?? [];
  const rounds = result?.rounds.length;
  return outcomes.length === 0 || outcomes.length === rounds
    ? outcomes[0]
    : `${outcomes[0]}, in ${outcomes.length} of ${rounds} rounds`;
}

/** Finds the result of a contender in a row. */
export function resultOf(report: Report, row: string, contender: string): Result | undefined {
  return report.results.find((result) => result.row === row && result.contender === contender);
}
