/** The layers of each package: what `scripts/check_layers.ts` checks, and `docs/design.md` shows. */

/**
 * What each folder of a package, and each file beside them, may import of it. A new folder needs a line here; a sub-folder that has one,
 * such as "pool/scheduling", is a layer of its own, apart from the rest of its folder. What may be imported is a layer, or one
 * file of a layer, without ".ts".
 */
export type Layers = Readonly<Record<string, readonly string[]>>;

/** The library, `src/`. */
export const LAYERS: Layers = {
  troubles: [],
  require_deno: ["troubles"],
  copies: [],
  errors: ["copies"],
  abort: [],
  shown: [],
  collections: [],
  settlement: [],
  timer: ["abort", "settlement", "shown", "deno_internals"],
  option_checks: ["shown"],
  colors: [],
  duration_histogram: [],
  dashboard: ["duration_histogram", "option_checks", "shown", "timer", "errors"],
  printing: ["copies"],
  line_printer: [],
  progress: [
    "require_deno",
    "duration_histogram",
    "printing",
    "line_printer",
    "option_checks",
    "shown",
    "timer",
    "pool",
  ],
  trace_file: ["pool", "wire", "option_checks", "shown"],
  tracing: ["wire"],
  deno_internals: [],
  deno_texts: [],
  library_folder: [],
  own_process: [],
  wire: ["errors", "copies", "troubles"],
  hub: ["abort", "collections", "shown", "wire", "timer", "errors", "copies"],
  child: [
    "collections",
    "hub",
    "wire",
    "own_process",
    "timer",
    "errors",
    "colors",
    "copies",
    "deno_internals",
    "deno_texts",
    "troubles",
  ],
  handles: ["manager", "channels", "sync", "hub"],
  worker: [
    "option_checks",
    "shown",
    "tracing",
    "printing",
    "line_printer",
    "hub",
    "wire",
    "own_process",
    "timer",
    "errors",
    "colors",
    "deno_internals",
    "deno_texts",
    "library_folder",
    "troubles",
  ],
  pool: [
    "require_deno",
    "pool/jobs",
    "pool/local",
    "dashboard",
    "duration_histogram",
    "tracing",
    "abort",
    "option_checks",
    "shown",
    "handles",
    "collections",
    "hub",
    "worker",
    "wire",
    "own_process",
    "timer",
    "errors",
    "library_folder",
    "printing",
    "copies",
  ],
  "pool/jobs": ["pool", "abort", "collections", "shown", "wire", "timer", "errors"],
  "pool/local": ["pool", "pool/scheduling", "handles", "hub", "worker", "wire", "timer", "errors"],
  // Pure, so that tests can run it in simulated time.
  "pool/scheduling": ["collections", "deno_texts", "errors"],
  process: [
    "require_deno",
    "option_checks",
    "shown",
    "tracing",
    "printing",
    "handles",
    "hub",
    "worker",
    "wire",
    "own_process",
    "timer",
    "errors",
    "copies",
  ],
  sync: ["require_deno", "hub", "wire", "shown", "timer", "errors", "copies"],
  channels: ["require_deno", "hub", "collections", "wire", "settlement", "shown", "timer", "errors"],
  manager: ["require_deno", "channels", "sync", "hub", "worker", "wire", "shown", "timer", "errors", "copies"],
  backend: ["require_deno", "pool", "worker", "wire"],
  ahead: ["require_deno", "option_checks", "worker"],
  futures: [
    "require_deno",
    "pool",
    "pool/jobs",
    "worker",
    "wire",
    "option_checks",
    "shown",
    "timer",
    "errors",
    "copies",
  ],
};

/** The command, `cli/`. */
const CLI_LAYERS: Layers = {
  "deno.json": [],
  errors: [],
  runner: [],
  files: ["errors"],
  options: ["runner", "files", "errors"],
  records: ["runner", "errors"],
  input: ["records", "runner", "options", "files", "errors"],
  observers: ["records", "options", "files", "errors"],
  output: ["observers", "records", "runner", "options", "files", "errors"],
  joblog: ["output", "input", "observers", "records", "runner", "options", "files", "errors"],
  run: ["output", "input", "observers", "records", "options", "runner", "errors"],
  cluster: ["run", "output", "observers", "records", "runner", "options", "files", "errors", "deno.json"],
  session: [
    "deno.json",
    "cluster",
    "runner",
    "run",
    "joblog",
    "output",
    "input",
    "observers",
    "records",
    "options",
    "files",
    "errors",
  ],
  command: ["session", "cluster", "observers", "options", "runner", "files", "errors", "deno.json"],
  main: ["command"],
};

/** Pools on many machines, `cluster/src/`. Only `bullmq` may know the engine. */
const CLUSTER_LAYERS: Layers = {
  corral: [],
  clock: [],
  names: [],
  message: ["corral"],
  broker: ["message"],
  bullmq: ["broker", "message", "names", "clock"],
  client: ["bullmq", "broker", "message", "names", "clock", "corral"],
  agent: ["bullmq", "message", "names", "clock", "corral"],
};

/**
 * What sub-folders may import of the folder that they are in, where that is less than all of it. What they may import of others, the
 * folder's own line says. "." are the files beside the sub-folders.
 */
const WITHIN_LIBRARY: Layers = {
  "wire/framing": ["wire/unsendable"],
  "wire/codec": ["wire/framing", "wire/unsendable"],
  "wire/messages": ["wire/codec", "wire/."],
  "child/streams": [],
  "child/tasks": ["child/."],
  "child/tracing": ["child/tasks"],
  "worker/streams": ["worker/exit_error"],
  "worker/permissions": ["worker/launch_options", "worker/project"],
};

const WITHIN_COMMAND: Layers = {
  "runner/tables": ["runner/exact_json"],
  "observers/progress": [],
  "observers/report": [],
};

const WITHIN_CLUSTER: Layers = {
  "bullmq/redis": ["bullmq/."],
  "bullmq/postgres": ["bullmq/."],
};

/** A package that is checked. */
export interface CheckedPackage {
  /** Its folder, below the root of the repository. */
  readonly folder: string;
  readonly layers: Layers;
  readonly within: Layers;
  /** Packages that one layer alone may import: which one. */
  readonly kept?: Readonly<Record<string, string>>;
  /** Whether it may import packages, and files that are not its own: a library may not. */
  readonly mayImportPackages: boolean;
}

/** All packages of the workspace. */
export const PACKAGES: readonly CheckedPackage[] = [
  { folder: "src", layers: LAYERS, within: WITHIN_LIBRARY, mayImportPackages: false },
  { folder: "cli", layers: CLI_LAYERS, within: WITHIN_COMMAND, mayImportPackages: true },
  {
    folder: "cluster/src",
    layers: CLUSTER_LAYERS,
    within: WITHIN_CLUSTER,
    kept: { bullmq: "bullmq", ioredis: "bullmq", pg: "bullmq" },
    mayImportPackages: true,
  },
];

/** The table of folders, as Markdown. Layers that are one file beside the folders are left out. */
export function layerTable(layers: Layers, isFolder: (layer: string) => boolean): string {
  const rows = Object.entries(layers).filter(([layer]) => isFolder(layer)).map(([layer, allowed]) =>
    `| \`${layer}\` | ${allowed.join(", ")} |`
  );
  return ["| folder | may import |", "| --- | --- |", ...rows].join("\n");
}

/** Whether a layer is a folder of `src/`, not a file. */
export function isSourceFolder(layer: string): boolean {
  try {
    return Deno.statSync(new URL(`../src/${layer}`, import.meta.url)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
