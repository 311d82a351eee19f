/**
 * What Deno has for its own Node layer and does not document. It is reached here only; code that uses a part says what
 * happens where a later Deno lacks it.
 */
export interface DenoInternals {
  /** The class of the console, for one that prints with a function of ours. Levels above 1 belong on stderr. */
  readonly Console?: new (print: (text: string, level: number) => void) => Console;
  /** The option of `Deno.Command` for descriptors of the child from 3 on, as Node's `stdio` has them: a number there moves one of the child's own. */
  readonly kExtraStdio?: symbol;
  /** What reads, writes and closes resources. */
  readonly core?: {
    /** Where a file keeps the number of its resource. */
    readonly internalRidSymbol?: symbol;
    read?(rid: number, buffer: Uint8Array): Promise<number>;
    writeAll?(rid: number, bytes: Uint8Array): Promise<void>;
    tryClose?(rid: number): void;
    /** Whether a read keeps the process alive. */
    refOpPromise?(promise: Promise<unknown>): void;
    unrefOpPromise?(promise: Promise<unknown>): void;
    /** Runs a script that lies at a place: imports in it resolve from there. Returns its value, or an error. */
    evalContext?(source: string, specifier: string): [value: unknown, error: unknown];
    /** Timers without Node's layer, on which `setTimeout` stands: they know neither of what V8 carries nor of replaced functions. */
    createTimer?(
      fn: () => void,
      ms: number,
      args: undefined,
      repeats: boolean,
      referenced: boolean,
      isDenos: boolean,
    ): CoreTimer;
    cancelTimer?(timer: CoreTimer): void;
    refTimer?(timer: CoreTimer): void;
    unrefTimer?(timer: CoreTimer): void;
    /** What V8 carries through awaits, timers and callbacks. */
    getAsyncContext?(): Record<symbol, unknown> | undefined;
    setAsyncContext?(context: Record<symbol, unknown> | undefined): void;
  };
  /** Read, once, when Node's layer is loaded. */
  readonly __nodeBootstrapArgs?: unknown;
}

/** A timer of Deno's core. */
export interface CoreTimer {
  readonly _idleTimeout: number;
}

const { internal } = Deno as unknown as { readonly internal?: symbol };

/** The internals of this Deno; empty when it has none. */
export const denoInternals: DenoInternals = internal === undefined
  ? {}
  : (Deno as unknown as Record<symbol, DenoInternals>)[internal] ?? {};

/** The resource at this end of a child's pipe, where Deno shows it. */
export function pipeResource(child: Deno.ChildProcess, pipe: "stdin" | "stdout"): number | undefined {
  const symbol = Object.getOwnPropertySymbols(child).find(({ description }) => description === `[[${pipe}Rid]]`);
  const resource = (child as unknown as Record<symbol, unknown>)[symbol ?? Symbol()];
  return typeof resource === "number" ? resource : undefined;
}
