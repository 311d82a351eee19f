import type { ResolvedLaunchOptions } from "./launch_options.ts";
import { isDenied, resolveDenials } from "./permissions/denials.ts";
import { isHeld, isHeldWhole, type PermissionKind } from "./permissions/permissions.ts";
import { absolutePath, fileUrlToPath, isReadable, moduleFolder, programModule } from "./project/module_url.ts";

/** What is known of the worker in which an error came up. */
export interface Circumstances {
  /** Its module, as `deno cache` takes it. */
  readonly module: string | undefined;
  /** The folder from which its configuration is looked for. */
  readonly folder: string | undefined;
  /** Whether the program may look into that folder. */
  readonly mayReadFolder: boolean;
  /** The `deno.json` that names its bare imports. */
  readonly config: string | undefined;
  /** Whether the flags of the program could be passed on. */
  readonly flagsAreKnown: boolean;
  readonly trust: "trusted" | "untrusted";
  /** Whether it was granted a command, and so got the PATH. */
  readonly mayRun: boolean;
  /** The folder that it runs in; `undefined` for the program's own, from which paths in its grants count. */
  readonly cwd: string | undefined;
  /** Where it makes temporary files; `undefined` where only its system knows. */
  readonly temporaryFolder: string | undefined;
  /** Whether this program may not tell the worker a variable. */
  isHidden(variable: string): boolean;
  /** Whether the option `deny` says so; of a whole kind without an item. */
  isDenied(kind: PermissionKind, item: string | undefined): boolean;
}

/** The circumstances of workers with these options. */
export function circumstances(options: ResolvedLaunchOptions, config: string | undefined): Circumstances {
  const { moduleUrl, configOf = moduleUrl ?? programModule(), trust, env, permissions, deny, cwd } = options;
  const denials = resolveDenials(deny);
  const folder = configOf.startsWith("file:") ? moduleFolder(configOf) : undefined;
  return {
    module: moduleUrl?.startsWith("file:") ? fileUrlToPath(new URL(moduleUrl)) : moduleUrl,
    folder,
    mayReadFolder: folder !== undefined && isReadable(folder, "isDirectory"),
    config,
    flagsAreKnown: Deno.build.os === "linux" && isHeldWhole(),
    trust,
    mayRun: permissions === "inherit" || (typeof permissions === "object" && Boolean(permissions.run)),
    cwd: cwd && absolutePath(cwd),
    temporaryFolder: Deno.build.os === "windows" ? env.TMP ?? env.TEMP : env.TMPDIR ?? "/tmp",
    isHidden: (variable) => !isHeld("env", variable),
    isDenied: (kind, item) => item === undefined ? denials.get(kind) === true : isDenied(kind, item, denials),
  };
}
