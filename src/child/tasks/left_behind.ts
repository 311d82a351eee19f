/**
 * What tasks leave behind in a worker: errors and rejections that come after their task was answered, and threads and timers that go on.
 * Neither may cost the next task anything.
 */
import { every } from "../../timer.ts";

const CHECK_INTERVAL_MS = 1000;
/** Of each second this much may be used for ever: a heartbeat, a cache that is kept fresh. */
const FREE_SHARE = 0.03;
/** More than that may be used for a while, as the collector of garbage does behind a large task. */
const MOST_BEYOND_MS = 1500;
/** What others ask of the worker's objects costs this much more than its serving alone takes: to read, to decode, to collect garbage. */
const SERVING_FACTOR = 4;
const SERVING_MS_PER_BYTE = 2e-5;

/** What is known of the tasks of a worker. */
export interface TaskActivity {
  /** Whether no task runs or waits. */
  readonly isIdle: boolean;
  /** Rises with each task that begins. */
  readonly begun: number;
}

/** How much was served to others so far. */
export type Served = () => { readonly ms: number; readonly bytes: number };

/**
 * Notices when an idle process keeps a processor busy, and calls `burns` with how many milliseconds of processor time that took. What
 * it owns may be used by others meanwhile, which does not count. It does not keep the process alive.
 */
export function watchIdleness(activity: TaskActivity, served: Served, burns: (ms: number) => void): void {
  let { begun } = activity;
  let usedMs = processorTimeMs();
  let servingMs = costOf(served());
  let beyondMs = 0;
  every(CHECK_INTERVAL_MS, () => {
    // What the module does before the first task, such as filling a cache, nobody has left behind.
    const wasIdle = begun > 0 && activity.isIdle && activity.begun === begun;
    const spentMs = processorTimeMs() - usedMs;
    const servedMs = costOf(served());
    const freeMs = servedMs - servingMs + CHECK_INTERVAL_MS * FREE_SHARE;
    begun = activity.begun;
    usedMs += spentMs;
    servingMs = servedMs;
    beyondMs = wasIdle ? Math.max(0, beyondMs + spentMs - freeMs) : 0;
    if (beyondMs > MOST_BEYOND_MS) burns(Math.round(beyondMs));
  }).setReferenced(false);
}

function costOf({ ms, bytes }: ReturnType<Served>): number {
  return ms * SERVING_FACTOR + bytes * SERVING_MS_PER_BYTE;
}

/** Of all threads of this process. */
function processorTimeMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}

// As it was before the user's module could replace it.
const { addEventListener } = globalThis;
const { cpuUsage } = Deno as unknown as { cpuUsage(): { user: number; system: number } };

/**
 * Hears of errors and rejections that nobody handles. `isLeft` tells whether the code that they come from belongs to a task that was
 * answered already: it is reported then, and the process goes on. Deno does not say for whom a timer's callback threw, so that ends the
 * process while a task runs: it may be that task's own, which would wait for ever.
 */
export function hearUncaught(isLeft: () => boolean, report: (text: string) => void): void {
  const hear = (event: Event, kind: string, reason: unknown): void => {
    if (!isLeft()) return;
    event.preventDefault();
    report(`${kind} of a task that was answered already: ${Deno.inspect(reason)}\n`);
  };
  addEventListener("unhandledrejection", (event) => hear(event, "Uncaught (in promise)", event.reason));
  addEventListener("error", (event) => hear(event, "Uncaught", event.error));
}
