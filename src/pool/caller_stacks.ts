/**
 * Joins the stack of an error that came from a worker to the stack of the code that awaited the call.
 *
 * The caller's frames are taken when the error arrives: an engine knows the awaiting functions of a
 * promise then, and a call that succeeds pays nothing. See `docs/decisions/callers.md`.
 */
import { LIBRARY_FOLDER } from "../library_folder.ts";

/** Errors of tasks that await their caller's frames, which each gets once. */
export class CallerStacks {
  readonly #errors = new WeakSet<object>();

  /**
   * Notes an error of a task. Not one that is the caller's own, such as the reason of an abort or what an input threw: nobody else's frames
   * belong there.
   */
  add(error: unknown): void {
    if (error instanceof Error) this.#errors.add(error);
  }

  /** Gives a noted error the frames of the code that awaited the call. Call it in an async function that awaited the task. */
  traced(error: unknown): unknown {
    return error instanceof Error && this.#errors.delete(error) ? withCallerStack(error) : error;
  }

  /**
   * The outcome of a promise that is resolved with this: rejects with the error and the frames of the code that awaits that
   * promise. A call that succeeds needs no async function of its own for them.
   */
  async rejection(error: unknown): Promise<never> {
    // Until the two promises are joined, nobody can be seen to wait.
    await undefined;
    await undefined;
    throw this.traced(error);
  }
}

/** Puts the caller's frames on top of the error's own. */
function withCallerStack(error: Error): Error {
  const caller = frames(new Error().stack);
  const own = ownFrames(error);
  try {
    const middle = own.length > 0 ? ["    --- in the worker ---", ...own] : [];
    error.stack = [`${error.name}: ${error.message}`, ...caller, ...middle].join("\n");
  } catch {
    // A frozen error keeps the stack it has.
  }
  return error;
}

/** Its own frames: lines of its message that look like frames, such as where a module imports what is missing, stand above them already. */
function ownFrames({ message, stack }: Error): string[] {
  const lines = frames(stack);
  const told = frames(message);
  return told.every((line, index) => line === lines[index]) ? lines.slice(told.length) : lines;
}

function frames(stack: string | undefined): string[] {
  const lines = (stack ?? "").split("\n");
  const isOwn = (line: string): boolean => LIBRARY_FOLDER !== undefined && line.includes(LIBRARY_FOLDER);
  return lines.filter((line) => /^\s+at /.test(line) && !isOwn(line));
}
