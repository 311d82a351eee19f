/** What a worker is to be. */
export interface WorkerCommandOptions {
  /** The URL of the child's entry, which exports `serve(load?)`. */
  entryUrl: string;
  /** The URL of the user's module. */
  moduleUrl?: string | undefined;
  /**
   * How the user's module is loaded. A trusted one is part of the static graph: it needs no read permission, and it may
   * import any local file. An untrusted one is loaded at run time, and can import from its own folder only.
   *
   * @default {"trusted"}
   */
  trust?: "trusted" | "untrusted" | undefined;
  /** What the worker may do. @default {"none"} */
  permissions?: Deno.PermissionOptions | undefined;
  /** What the worker may not do, even where `permissions` grants it. @default nothing */
  deny?: Deno.PermissionOptionsObject | undefined;
  /** The URL from which the worker's configuration is looked for, upwards. @default {the module} */
  configOf?: string | undefined;
  /** Variables for the worker, which may read exactly these. `LD_*` and `DYLD_*` need an unscoped `--allow-run`. */
  env?: Record<string, string> | undefined;
  /** The folder the worker runs in. @default {the program's own} */
  cwd?: string | URL | undefined;
  /** Limit of the V8 heap, in MiB, at least 16. */
  memoryLimitMiB?: number | undefined;
  /** The Deno executable. */
  denoPath?: string | undefined;
  /** Lower-case letters and digits; workers with different keys share no `localStorage` and no `caches`. */
  storageKey: string;
}
