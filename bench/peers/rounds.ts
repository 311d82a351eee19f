/** All rows of all contenders, several times, in turn. */

import type { Contender } from "./contenders.ts";
import { type Measured, median, type Result, TAKES_TOO_LONG } from "./results.ts";
import type { Parameters, Row } from "./rows.ts";

/** What is to be measured. */
export interface Plan {
  readonly rows: readonly Row[];
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  readonly size: "full" | "quick" | "tiny";
}

/** One row of one contender, once. */
export interface Turn {
  readonly round: number;
  readonly row: Row;
  readonly contender: Contender;
}

/** Measures a row of a contender. */
export type Runner = (contender: Contender, row: Row, parameters: Parameters) => Promise<Measured>;

/** Told of every turn: the median of its samples, or the outcome. */
export type Progress = (turn: Turn, value: number | string, tookMs: number) => void;

/** Measures everything. Who takes too long in a row is not asked again. */
export async function runRounds(plan: Plan, run: Runner, onProgress: Progress): Promise<Result[]> {
  const results = new Map<string, Result>();
  for (const turn of turns(plan)) {
    const { row, contender } = turn;
    const key = `${row.id} ${contender.id}`;
    const rounds = results.get(key)?.rounds ?? [];
    if (rounds.includes(TAKES_TOO_LONG)) continue;
    const startedAt = performance.now();
    const { samples, outcome } = await run(contender, row, row[plan.size]);
    const value = outcome ?? median(samples) ?? "no numbers";
    results.set(key, { row: row.id, contender: contender.id, rounds: [...rounds, value] });
    onProgress(turn, value, performance.now() - startedAt);
  }
  return [...results.values()];
}

/** Whole rounds follow one another, so that what else the machine does hits all alike; each round begins with another contender. */
function* turns({ rows, contenders, rounds }: Plan): Generator<Turn, void, undefined> {
  for (let round = 0; round < rounds; round++) {
    for (const row of rows.filter(({ maxRounds = Infinity }) => round < maxRounds)) {
      const entered = contenders.filter(({ id }) => row.contenders.includes(id));
      for (const contender of rotated(entered, round)) yield { round, row, contender };
    }
  }
}

function rotated<T>(items: readonly T[], by: number): T[] {
  return items.map((_, index) => items[(index + by) % items.length]!);
}
