/** Calls through two processes without a pool: lines of JSON, all for one child in one write, and a promise for each. */
import type { LinePartner } from "./line_partner.ts";
import { durations, type Measured, type Parameters, warmDurations } from "../rows.mjs";

type Pair = readonly [LinePartner, LinePartner];

async function withPair(
  open: () => LinePartner,
  body: (pair: Pair) => Promise<Measured>,
): Promise<Measured> {
  await using one = open();
  await using other = open();
  const pair = [one, other] as const;
  // As the other contenders do before they measure.
  await callAll(pair, 200);
  return await body(pair);
}

/** Bursts, when engines have compiled what runs. */
export function bursts(
  open: () => LinePartner,
  { count, ...times }: Parameters,
): Promise<Measured> {
  return withPair(
    open,
    (pair) => warmDurations(times, () => callAll(pair, count)),
  );
}

/** The first burst. */
export function firstBurst(
  open: () => LinePartner,
  { count }: Parameters,
): Promise<Measured> {
  return withPair(open, (pair) => durations(1, () => callAll(pair, count)));
}

/** Bursts with a long call in the middle of one: until all others are done. */
export function burstsAround(
  open: () => LinePartner,
  name: string,
  { count, size, repeats, ...times }: Parameters,
): Promise<Measured> {
  return withPair(open, async (pair) => {
    await warmDurations({ ...times, repeats: 0 }, () => callAll(pair, count));
    const samples: number[] = [];
    for (let n = 0; n < repeats; n++) {
      const startedAt = performance.now();
      const [others, long] = callAround(pair, count, [name, size]);
      await others;
      samples.push(performance.now() - startedAt);
      await long;
    }
    return { samples };
  });
}

/** Half of the calls to each. */
function callAll([one, other]: Pair, count: number): Promise<unknown> {
  return Promise.all([...send(one, count / 2), ...send(other, count / 2)]);
}

/** The long call behind half of those to one child; what would have been behind it goes to the other, as if somebody had known. */
function callAround(
  [one, other]: Pair,
  count: number,
  long: readonly unknown[],
): [Promise<unknown>, Promise<unknown>] {
  const calls = send(one, count / 4, long);
  const answer = calls.pop()!;
  return [Promise.all([...calls, ...send(other, count * 3 / 4)]), answer];
}

function send(
  partner: LinePartner,
  count: number,
  ...last: (readonly unknown[])[]
): Promise<unknown>[] {
  const calls: Promise<unknown>[] = [];
  const settle: ((line: string) => void)[] = [];
  let lines = "";
  const add = (call: readonly unknown[]): void => {
    lines += `${JSON.stringify([calls.length, ...call])}\n`;
    calls.push(
      new Promise((resolve) => settle.push((line) => resolve(JSON.parse(line)))),
    );
  };
  for (let n = 0; n < count; n++) add(["noop"]);
  for (const call of last) add(call);
  partner.send(lines, settle);
  return calls;
}
