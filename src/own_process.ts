/** What this process knows about itself. Imports nothing: every layer may ask. */

/** The process that started this one. */
export interface ParentIdentity {
  /** Its process id. */
  readonly pid: number;
  /** Its name. */
  readonly name: string;
  /** Whether it still runs. */
  isAlive(): boolean;
  /** Resolves when it has ended. Of two processes, only one that is detached sees that day. */
  readonly ended: Promise<void>;
}

/** The files that decide how a module's imports are resolved, by their paths. */
export interface ProjectFiles {
  /** The `deno.json`. */
  readonly config?: string;
  /** The `tsconfig.json` of a project of npm, which has the compiler's options where there is no `deno.json`. */
  readonly tsconfig?: string;
  /** The lock file, where there is one. */
  readonly lock?: string;
  /** The URL of the folder from which imports in the text of a function resolve. */
  readonly folder?: string;
  /** What a worker does about `node_modules`, if not what the configuration says. */
  readonly nodeModules?: "manual" | "none";
  /** Set where the configuration keeps what `import()` names out of the static graph. */
  readonly importsLazily?: true;
}

/** This process. */
export interface OwnProcess {
  /** A label without meaning. */
  name: string;
  /** Whether it ends with its parent's program. */
  readonly daemon: boolean;
  /** Its number among its parent's children, after the parent's own path. Empty for the main program. */
  readonly path: readonly number[];
  /** Its parent; `undefined` for the main program. */
  readonly parent: ParentIdentity | undefined;
  /** The files by which a worker resolves imports. Its children cannot look for theirs if it may not read. */
  readonly project: ProjectFiles | undefined;
  /** What `currentProcess()` answers; made when it is first asked for. */
  instance: object | undefined;
  /** Runs what the process was started for. */
  target: (() => unknown) | undefined;
  /** Whether the user's module is being loaded, and its top level runs. */
  isLoading: boolean;
  /** The number of the last child that was made. */
  lastChild: number;
}

// Two copies of the library in one process, loaded from two URLs, must agree on which process it is.
const KEY = Symbol.for("@corral/multiprocessing/process");

/** This process. Without being told otherwise, it is the main program. */
export function ownProcess(): OwnProcess {
  const holder = globalThis as unknown as Record<symbol, OwnProcess | undefined>;
  return holder[KEY] ??
    identify({ name: "MainProcess", daemon: false, path: [], parent: undefined, project: undefined });
}

/** Tells this process what it is. */
export function identify(
  identity: Pick<OwnProcess, "name" | "daemon" | "path" | "parent" | "project">,
): OwnProcess {
  const own: OwnProcess = { ...identity, instance: undefined, target: undefined, isLoading: false, lastChild: 0 };
  Object.defineProperty(globalThis, KEY, { value: own, configurable: true });
  return own;
}

/**
 * Refuses to start a process while the top level of a module runs in a worker: every worker that loads the module
 * would start others, without end.
 *
 * @throws {Error} In that case.
 */
export function requireLoaded(): void {
  if (!ownProcess().isLoading) return;
  throw new Error(
    "Cannot start a process: this worker is still loading the module, start processes in a function, " +
      'or below "if (import.meta.main)"',
  );
}
