import type { TaskBackend } from "../corral.ts";
import type { CodeWatch } from "./code_watch.ts";
import type { Run, RunEnd } from "./run.ts";

const CODE_CHANGED = "its files have changed since it started, and new workers would run other code; start it again";

/** A reason, or none. A promise only where it must be looked for. */
type Objection = string | undefined | Promise<string | undefined>;

/** Whether this agent can run tasks, and whether what its workers say counts. */
export class Fitness {
  readonly #backend: Pick<TaskBackend, "broken">;
  readonly #code: Pick<CodeWatch, "allows" | "holdsFor"> | undefined;
  readonly #onUnfit: (reason: string) => void;

  /**
   * @param code What says whether workers have the code that orders are for; nothing where nobody can.
   * @param onUnfit Told, once or more, why no task can be run here any more.
   */
  constructor(
    backend: Pick<TaskBackend, "broken">,
    code: Pick<CodeWatch, "allows" | "holdsFor"> | undefined,
    onUnfit: (reason: string) => void,
  ) {
    this.#backend = backend;
    this.#code = code;
    this.#onUnfit = onUnfit;
  }

  /** Why no task may be handed to workers now. */
  objectionToStart(): Objection {
    const { broken } = this.#backend;
    if (broken !== undefined) return this.#told(`its workers cannot start, ${broken.message}`);
    return this.#unless(this.#code?.allows() ?? true);
  }

  /** Why the end of a run does not count: its worker had other code, or none could begin it. */
  objectionToEnd(run: Pick<Run, "hasBegun" | "pid">, end: RunEnd): Objection {
    const { hasBegun, pid } = run;
    if (pid === undefined || !(end.ok || end.own || hasBegun)) return this.objectionToStart();
    return this.#unless(this.#code?.holdsFor(pid) ?? true);
  }

  #unless(holds: boolean | Promise<boolean>): Objection {
    if (typeof holds !== "boolean") return holds.then((holds) => this.#unless(holds));
    return holds ? undefined : this.#told(CODE_CHANGED);
  }

  #told(reason: string): string {
    this.#onUnfit(reason);
    return reason;
  }
}
