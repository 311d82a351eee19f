import { saysShortage } from "../../deno_texts.ts";

/** What to do after a worker failed to start. */
export interface StartVerdict {
  /** Try again, the waiting tasks keep waiting. */
  readonly retry: boolean;
  /** Too many failures in a row: give the pool up. */
  readonly exhausted: boolean;
  /** Before the next try; when there is to be none, before one that other work may bring. */
  readonly delayMs: number;
}

const MAX_FAILURES_IN_A_ROW = 6;
const MAX_RETRIES = 4;
const FIRST_DELAY_MS = 25;
const MAX_DOUBLINGS = 10;
const REPLACEMENTS_PER_WINDOW = 10;
const WINDOW_MS = 10_000;

/** What Deno calls the system's answer when no process, memory or file handle is free. */
const SHORTAGES: ReadonlySet<unknown> = new Set(["EAGAIN", "ENOMEM", "ENFILE", "EMFILE"]);

/**
 * Bounds how often a start is tried that fails. See `docs/decisions/starting.md`.
 *
 * What the program can do nothing about for a moment (no process or file handle free, a worker killed while it
 * started) is tried again with growing delays. Anything else would fail again in the same way; while
 * other workers serve, the worker that fails so is tried again ever more rarely.
 */
export class StartBudget {
  #failures = 0;
  #transient = 0;
  #replacements = 0;
  #windowStart = -Infinity;

  /** A worker became ready. */
  succeeded(): void {
    this.#failures = this.#transient = 0;
  }

  /** A worker did not. */
  failed(error: Error): StartVerdict {
    if (isTransient(error) && this.#transient < MAX_RETRIES) {
      return { retry: true, exhausted: false, delayMs: FIRST_DELAY_MS * 2 ** this.#transient++ };
    }
    this.#failures++;
    this.#transient = 0;
    const delayMs = FIRST_DELAY_MS * 2 ** Math.min(MAX_DOUBLINGS, this.#failures);
    return { retry: false, exhausted: this.#failures >= MAX_FAILURES_IN_A_ROW, delayMs };
  }

  /** Whether a worker that died without a waiting task may be replaced now. */
  mayReplace(now: number): boolean {
    if (now - this.#windowStart > WINDOW_MS) {
      this.#windowStart = now;
      this.#replacements = 0;
    }
    return this.#replacements++ < REPLACEMENTS_PER_WINDOW;
  }
}

function isTransient(error: Error): boolean {
  return Boolean((error as { signal?: unknown }).signal) || isShortage(error);
}

/** Whether no process came to be because the system has no process or file handle free. It says nothing against workers that started. */
export function isShortage(error: Error): boolean {
  if (error.name !== "WorkerStartError") return false;
  const { cause, stderrTail } = error as { cause?: { code?: unknown }; stderrTail?: unknown };
  // Of a process that came to be, and could not start its threads, nothing but its last words tells.
  return SHORTAGES.has(cause?.code) || saysShortage(String(stderrTail));
}
