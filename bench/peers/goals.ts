/** The speed to reach, and whether it is. */

import { contenderOf, contenders } from "./contenders.ts";
import { numbersOf, type Report, type Result, resultOf, valueOf } from "./results.ts";
import { type Row, rows } from "./rows.ts";

/** What a row is to reach. */
export interface Goal {
  readonly row: string;
  /** The fastest of these; of corral, in another row, or nobody: then the value itself counts. */
  readonly against?: readonly string[];
  readonly againstRow?: string;
  /** What the tables call whom it is compared with. @default the contender's name */
  readonly opponent?: string;
  /** `times`: how many times as fast as the others, or the value itself; `share`: the part of their time, or memory, that corral takes. */
  readonly measure: "times" | "share" | "value";
  readonly atLeast?: number;
  readonly atMost?: number;
}

const PROCESS_POOLS = ["tinypool", "workerpool", "jest-worker"];
const WITHOUT = "itself, without that task";

/** In the order of the tables; `../../docs/design.md` and the issues set them. */
const goals: readonly Goal[] = [
  { row: "burst", against: PROCESS_POOLS, measure: "times", atLeast: 6 },
  { row: "burst", against: ["cpython-pool"], measure: "times", atLeast: 5 },
  { row: "burst", against: ["cpython-executor"], measure: "times", atLeast: 15 },
  {
    row: "burst-first",
    against: ["corral"],
    againstRow: "burst",
    opponent: "its later bursts",
    measure: "share",
    atMost: 2,
  },
  { row: "burst-first", against: PROCESS_POOLS, measure: "times", atLeast: 4 },
  { row: "burst-spin", against: ["corral"], againstRow: "burst", opponent: WITHOUT, measure: "share", atMost: 1.5 },
  { row: "burst-hold", against: ["corral"], againstRow: "burst", opponent: WITHOUT, measure: "share", atMost: 1.2 },
  { row: "latency", against: ["workerpool"], measure: "share", atMost: 1 },
  { row: "latency-one", against: ["workerpool"], measure: "share", atMost: 1 },
  { row: "latency-first", against: ["workerpool"], measure: "share", atMost: 1.2 },
  { row: "map", against: ["cpython-pool"], measure: "times", atLeast: 2.5 },
  { row: "bytes", against: ["cpython-pool"], measure: "times", atLeast: 2.5 },
  { row: "bytes", against: ["bare"], measure: "times", atLeast: 1 },
  { row: "records", against: ["cpython-pool"], measure: "times", atLeast: 1.5 },
  { row: "records", against: PROCESS_POOLS, measure: "times", atLeast: 1.5 },
  { row: "records-in", against: ["cpython-pool"], measure: "times", atLeast: 1.2 },
  { row: "records-imap", against: ["corral"], againstRow: "records", opponent: "`map`", measure: "share", atMost: 1.2 },
  {
    row: "records-calls",
    against: ["corral"],
    againstRow: "records",
    opponent: "`map`",
    measure: "share",
    atMost: 1.2,
  },
  { row: "cpu", against: ["bare"], measure: "share", atLeast: 0.95 },
  { row: "start", against: ["bare"], measure: "share", atMost: 1.5 },
  { row: "memory", against: ["bare"], measure: "share", atMost: 1.15 },
  { row: "queued", measure: "value", atMost: 1.2 },
  { row: "stream", against: ["bare-deno"], measure: "share", atMost: 1.3 },
];

/** A goal as measured. */
export interface Verdict {
  readonly row: Row;
  readonly goal: Goal;
  /** Whom it was compared with in the end. */
  readonly opponent: string;
  readonly measured: number;
  /** The same of each round. */
  readonly perRound: readonly number[];
  readonly met: boolean;
  /** What the floors reach by the same measure: the same work without a pool, beside the same opponent or beside their own other row. */
  readonly floors: readonly { readonly name: string; readonly measured: number }[];
}

/** The goals that a report has numbers for. */
export function verdicts(report: Report): Verdict[] {
  return goals.flatMap((goal) => verdictOf(report, goal) ?? []);
}

function verdictOf(report: Report, goal: Goal): Verdict | undefined {
  const ours = resultOf(report, goal.row, "corral");
  const value = valueOf(ours);
  const opponent = goal.against && bestOf(report, goal.againstRow ?? goal.row, goal.against);
  if (value === undefined || (goal.against && !opponent)) return undefined;
  const measured = compare(goal, value, valueOf(opponent));
  const theirs = numbersOf(opponent);
  const perRound = numbersOf(ours).slice(0, opponent ? theirs.length : undefined)
    .map((our, round) => compare(goal, our, theirs[round]));
  return {
    row: rows.find(({ id }) => id === goal.row)!,
    goal,
    opponent: nameOf(goal, opponent),
    measured,
    perRound,
    met: measured >= (goal.atLeast ?? -Infinity) && measured <= (goal.atMost ?? Infinity),
    floors: floorsOf(report, goal, opponent),
  };
}

function floorsOf(report: Report, goal: Goal, opponent: Result | undefined): Verdict["floors"] {
  return contenders.filter(({ kind, id }) => kind === "bare" && id !== opponent?.contender).flatMap(({ id, name }) => {
    const value = valueOf(resultOf(report, goal.row, id));
    const theirs = goal.againstRow === undefined ? valueOf(opponent) : valueOf(resultOf(report, goal.againstRow, id));
    return value === undefined || theirs === undefined ? [] : [{ name, measured: compare(goal, value, theirs) }];
  });
}

function nameOf(goal: Goal, opponent: Result | undefined): string {
  return opponent === undefined ? "" : goal.opponent ?? contenderOf(opponent.contender).name;
}

function compare(goal: Goal, ours: number, theirs = 1): number {
  return goal.measure === "times" ? theirs / ours : ours / theirs;
}

function bestOf(report: Report, row: string, ids: readonly string[]): Result | undefined {
  const entered = ids.flatMap((id) => resultOf(report, row, id) ?? []);
  const withValue = entered.filter((result) => valueOf(result) !== undefined);
  return withValue.sort((a, b) => valueOf(a)! - valueOf(b)!)[0];
}

/** How a contender's value compares with corral's, as a factor above 1 where corral is better. */
export function advantage(row: Row, ours: number, theirs: number): number {
  return row.moreIsBetter ? ours / theirs : theirs / ours;
}
