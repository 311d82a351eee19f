/** Limits of time to try, and what tests of them have in common. */
import type { Queue } from "../../mod.ts";
import { after } from "../../src/timer.ts";

/** They are over at once. */
export const SHORT = [0, 1];
/** `setTimeout` fires at once for each of these. */
const LONG = [2 ** 31, 3e9, Infinity];
export const LIMITS = [...SHORT, ...LONG];

/** The library's timers fire in the order in which they are due, on a busy machine too: one that fires at once has, before this resolves. */
export const timersAtOnceHaveFired = (): Promise<void> => new Promise((resolve) => void after(20, resolve));

/** Waits for an item. Self-contained. */
export const getItem = async (queue: Queue<number>): Promise<number> => await queue.get();

/** Is told to end, says so, and ends when it is told again. Self-contained. */
export async function stay(heard: Queue<string>, go: Queue<string>): Promise<void> {
  Deno.addSignalListener("SIGTERM", async () => {
    await heard.put("SIGTERM");
    await go.get();
    Deno.exit(7);
  });
  await heard.put("begun");
  await new Promise<void>(() => setInterval(() => {}, 1000));
}

export function nameOf(error: Error): string {
  return error.name;
}
