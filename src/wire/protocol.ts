/** What a parent and its child agree on beside the messages themselves (`messages/`): the version, who the child is, what it runs. */

/** Raised when the messages change in a way that an older side cannot understand. */
export const PROTOCOL_VERSION = 1;

/**
 * How a worker finds the function to run: an export of its module, a built-in such as `"Math.sqrt"`, or source text that it compiles.
 * `name` is what people see. `keepsName` is what a bundler calls its helper in the text, which gives functions their names back.
 */
export type FunctionSpec =
  | { readonly kind: "export"; readonly name: string }
  | { readonly kind: "builtin"; readonly name: string }
  | { readonly kind: "source"; readonly name: string; readonly source: string; readonly keepsName?: string };

/** The beginning of a class's text, also behind decorators. A method of that name has its parameters there, and a longer name goes on. */
const CLASS = /^(?:@|class(?!\s*\(|[\p{ID_Continue}$]))/u;

/** Whether a function's text is that of a class, which neither side takes for a function to run. */
export function isClassText(source: string): boolean {
  return CLASS.test(source);
}

/** The error for a class in the place of a function. */
export function classError(name: string): TypeError {
  return new TypeError(
    `Cannot run ${name || "the class"}: it is a class, wanted a function, for example one that calls new ${
      name || "it"
    }(…)`,
  );
}

/** What a child must know before it loads the user's module. */
export interface WorkerSettings {
  /** Stable number of the worker within its pool. */
  readonly workerId: number;
  /** How many tasks may be in progress at once. */
  readonly concurrency: number;
  /** Largest frame that either side may send, in bytes. */
  readonly maxFrameBytes: number;
  /** Resident memory at which the child ends itself, in MiB. */
  readonly memoryLimitMiB: number | null;
  /** Printed on stderr before the child ends itself for memory, so that nothing else can claim it. */
  readonly memoryMarker: string;
  /** Run once after the module has loaded; its arguments are the hello's value. */
  readonly initializer: FunctionSpec | null;
  /** By what the parent tells the child's messages from its output (see `block_marks.ts`). */
  readonly blockSecret: string;
  /** Whether user code may keep things where Deno keeps them for a program. */
  readonly storage?: true;
  /** Which of the program's streams, stdout and stderr, show colours. */
  readonly colored: { readonly 1: boolean; readonly 2: boolean };
  /** Set when code of the worker may start commands, and so leads a process group of its own. */
  readonly mayRun?: true;
  /** Set when the keys of the terminal do nothing to the process from its first moment on. */
  readonly ignoresKeys?: true;
  /** Set when the program traces: spans of tasks are reported to it. */
  readonly traced?: true;
  /** Set when tasks may run exports of the module and built-ins only: no text is compiled. */
  readonly exportsOnly?: true;
  /** The name of the process that starts the worker. */
  readonly parentName?: string;
  /** The worker's `deno.json`, if it has one. */
  readonly project?: {
    readonly folder?: string;
    readonly config?: string;
    readonly tsconfig?: string;
    readonly lock?: string;
    readonly nodeModules?: "manual" | "none";
    readonly importsLazily?: true;
  };
  /** Set for a process of its own: it runs one thing, and ends. The hello's value is a ProcessInput. */
  readonly process?: ProcessSettings;
}

/** What a process of its own is, and runs. */
export interface ProcessSettings {
  readonly name: string;
  readonly daemon: boolean;
  /** Whether it outlives its parent. */
  readonly detached: boolean;
  /** See `OwnProcess.path`. */
  readonly path: readonly number[];
  readonly parentPid: number;
  /** The function to run, if there is one. */
  readonly target: FunctionSpec | null;
  /** The class whose `run()` is to run instead: found among the exports by its text, or else by its name. */
  readonly subclass: { readonly name: string; readonly source: string } | null;
  /** The trace that it continues, as a W3C `traceparent`, if there is one. */
  readonly trace?: string;
}

/** What a process works with: the target's arguments, and the fields of a subclass's instance. */
export type ProcessInput = [args: unknown[], fields: Record<string, unknown>];
