import type { TaskBackend } from "../corral.ts";

/** Code on this machine: its name, and how each of its files looked before it was read. */
export interface LocalCode {
  readonly name: string;
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Sees to it that workers run the code by whose name the agent goes.
 *
 * Each worker loads the files when it starts. One that takes the place of another may find other files, and its results would be told under the
 * name of those that were there when the agent started.
 */
export class CodeWatch {
  readonly #read: () => Promise<LocalCode>;
  readonly #backend: Pick<TaskBackend, "workers" | "capacity">;
  #code: LocalCode;
  #hasChanged = false;
  /** The processes that loaded the files as they were. */
  #good: ReadonlySet<number> = new Set();
  #look: Promise<void> | undefined;

  /**
   * @param code What was read before workers started.
   * @param read Reads it again.
   */
  constructor(backend: Pick<TaskBackend, "workers" | "capacity">, code: LocalCode, read: () => Promise<LocalCode>) {
    this.#backend = backend;
    this.#code = code;
    this.#read = read;
  }

  /** Whether a task may be handed out: no worker has other files, nor would find them. No promise where nothing can have changed. */
  allows(): boolean | Promise<boolean> {
    const workers = this.#backend.workers();
    const isKnown = workers.length >= this.#backend.capacity && workers.every(({ pid }) => this.#good.has(pid));
    return isKnown ? true : this.#lookAgain([]).then(() => !this.#hasChanged);
  }

  /** Whether a worker has loaded the right files. */
  holdsFor(pid: number): boolean | Promise<boolean> {
    return this.#good.has(pid) ? true : this.#lookAgain([pid]).then(() => this.#good.has(pid));
  }

  /** One look at a time: it tells of workers that were there when it began. */
  async #lookAgain(pids: readonly number[]): Promise<void> {
    while (this.#look !== undefined) await this.#look;
    if (this.#hasChanged) return;
    this.#look = this.#lookNow([...pids, ...this.#backend.workers().map(({ pid }) => pid)]);
    await this.#look;
  }

  async #lookNow(pids: readonly number[]): Promise<void> {
    if (await this.#isAsItWas()) this.#good = new Set(pids);
    else this.#hasChanged = true;
    this.#look = undefined;
  }

  async #isAsItWas(): Promise<boolean> {
    const looks = await Promise.all(Array.from(this.#code.files, async ([url, look]) => await lookOf(url) === look));
    if (looks.every(Boolean)) return true;
    try {
      // Written again with the same text, perhaps.
      const code = await this.#read();
      if (code.name !== this.#code.name) return false;
      this.#code = code;
      return true;
    } catch {
      return false;
    }
  }
}

/** How a file looks from outside, without reading it; nothing when it is not there. */
export async function lookOf(url: string | URL): Promise<string> {
  try {
    const { mtime, size, ino } = await Deno.stat(new URL(url));
    return `${mtime?.getTime()} ${size} ${ino}`;
  } catch {
    return "";
  }
}
