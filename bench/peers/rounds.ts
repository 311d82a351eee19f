/** All rows of all contenders, several times, in turn. */

import type { Contender } from "./contenders.ts";
import { type Measured, median, type Result } from "./results.ts";
import type { Parameters, Row } from "./rows.ts";

export interface Plan {
  readonly rows: readonly Row[];
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  readonly size: "full" | "quick" | "tiny";
}

export type Runner = (
  contender: Contender,
  row: string,
  parameters: Parameters,
) => Promise<Measured>;

export type Progress = (
  round: number,
  row: Row,
  contender: Contender,
  value: number | string,
  tookMs: number,
) => void;

/**
 * Whole rounds follow one another, so that what else the machine does hits all alike, and in each round another contender begins.
 * Who has hung or failed in a row is not asked again.
 */
export async function runRounds(
  plan: Plan,
  run: Runner,
  onProgress: Progress,
): Promise<Result[]> {
  const results = new Map<
    string,
    {
      row: string;
      contender: string;
      rounds: (number | undefined)[];
      outcome?: string;
    }
  >();
  for (let round = 0; round < plan.rounds; round++) {
    for (const row of plan.rows) {
      if (round >= (row.maxRounds ?? Infinity)) continue;
      for (
        const contender of rotated(
          plan.contenders.filter(({ id }) => row.contenders.includes(id)),
          round,
        )
      ) {
        const key = `${row.id} ${contender.id}`;
        const result = results.get(key) ??
          { row: row.id, contender: contender.id, rounds: [] };
        results.set(key, result);
        if (result.outcome !== undefined) continue;
        const startedAt = performance.now();
        const measured = await run(contender, row.id, row[plan.size]);
        const value = median(measured.samples);
        result.rounds.push(value);
        if (measured.outcome !== undefined || value === undefined) {
          result.outcome = measured.outcome ?? "no numbers";
        }
        onProgress(
          round,
          row,
          contender,
          result.outcome ?? value!,
          performance.now() - startedAt,
        );
      }
    }
  }
  return [...results.values()];
}

function rotated<T>(items: readonly T[], by: number): T[] {
  return items.map((_, index) => items[(index + by) % items.length]!);
}
