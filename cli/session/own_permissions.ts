/** What the command must be allowed itself, so that it can grant it to workers. */

import { UsageError } from "../errors/usage_error.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";

type Kind = Deno.PermissionDescriptor["name"];

/** Where this command was loaded from. */
const MAIN = new URL("../main.ts", import.meta.url);
/** What the command cannot do without, where it is not to hold everything. */
export const NEEDED_FLAGS: readonly string[] = [
  "--allow-run=deno",
  "--allow-read",
  "--allow-write",
  "--allow-env=DENO_DIR,HOME,XDG_CACHE_HOME,LOCALAPPDATA,CI,TERM",
];

/** What says which permissions the command needs itself. */
type OwnNeeds = Pick<CliMapOptions, "permissions" | "throttle" | "dashboard" | "cluster">;

/** Throws UsageError where the command was not given what it is to grant, or to look at: with the line that mends it. */
export function requireOwnPermissions(options: OwnNeeds): void {
  const grants = missingGrants(options);
  const own = missingForItself(options);
  const missing = [...grants, ...own.map(({ needs }) => needs)];
  if (missing.length > 0) throw new UsageError(missingText(missing, grants.length > 0 ? undefined : own[0]!.flag));
  const unreached = options.cluster === undefined ? [] : missingForCluster(options.cluster.server);
  if (unreached.length === 0) return;
  const flags = unreached.join(" ");
  throw new UsageError(
    `Cannot reach other machines: this command was not given ${flags} itself; install it with all permissions` +
      installText(unreached),
  );
}

/**
 * What to say when flags are missing that the command was not installed with: the first of them is for workers, or for a flag of the
 * command's own.
 */
function missingText(flags: readonly string[], ownFlag: string | undefined): string {
  return `Cannot ${
    ownFlag === undefined ? `grant ${accessOf(flags[0]!)}` : `use ${ownFlag}`
  }: this command was not given ${
    flags.join(" ")
  } itself, and nothing behind "corral map" can add to that; install it with all permissions, of which workers get ` +
    `only what you grant them` + installText(flags);
}

function accessOf(flag: string): string {
  const [, kind, items] = /^--allow-(\w+)(?:=(.*))?$/.exec(flag) ?? [];
  return `${kind} access${items === undefined ? "" : ` to ${JSON.stringify(items)}`}`;
}

function installText(flags: readonly string[]): string {
  const [everything, narrow] = installLines(flags);
  return `:\n  ${everything}\nor with no more than is needed here:\n  ${narrow}`;
}

function installLines(flags: readonly string[]): [everything: string, narrow: string] {
  if (MAIN.protocol !== "file:") {
    const name = MAIN.href.startsWith("https://jsr.io/@corral/cli/") ? "jsr:@corral/cli" : MAIN.href;
    const install = (granted: string) => `deno install -g -f ${granted} -n corral ${name}`;
    return [install("-A"), install([...NEEDED_FLAGS, ...flags].join(" "))];
  }
  // In a folder of the command's: this one, or that of the files which `deno task install` makes.
  const root = import.meta.dirname!.replace(/[\\/]cli[\\/]\w+$/, "");
  return [`cd ${root} && deno task install`, `cd ${root} && deno task install ${flags.join(" ")}`];
}

function missingGrants({ permissions }: OwnNeeds): string[] {
  const grants = permissions === "none" ? [] : Object.entries(permissions);
  return grants.flatMap(([kind, wanted]) => {
    if (wanted === true) return holds({ name: kind as Kind } as Deno.PermissionDescriptor) ? [] : [`--allow-${kind}`];
    const missing = (wanted as string[]).filter((item) => !holds(descriptor(kind as Kind, item)));
    return missing.length === 0 ? [] : [`--allow-${kind}=${missing.join(",")}`];
  });
}

/** What the command looks at or serves itself, by the flags that ask for it. */
function missingForItself({ throttle, dashboard }: OwnNeeds): { readonly flag: string; readonly needs: string }[] {
  const isMissing = (kind: "loadavg" | "systemMemoryInfo") => !holds({ name: "sys", kind });
  return [
    ...(throttle.load !== undefined && isMissing("loadavg") ? [{ flag: "--load", needs: "--allow-sys=loadavg" }] : []),
    ...(throttle.freeBytes !== undefined && isMissing("systemMemoryInfo")
      ? [{ flag: "--memfree", needs: "--allow-sys=systemMemoryInfo" }]
      : []),
    ...(dashboard !== undefined && !holds({ name: "net", host: "127.0.0.1" })
      ? [{ flag: "--dashboard", needs: "--allow-net=127.0.0.1" }]
      : []),
  ];
}

/** What a package below ioredis does is to list all variables: each must be there, or seem to be unset. */
function missingForCluster(server: string): string[] {
  const { protocol, hostname, port } = new URL(server);
  const host = `${hostname}:${port || (protocol.startsWith("redis") ? 6379 : 5432)}`;
  return [
    ...(holds({ name: "net", host }) ? [] : [`--allow-net=${host}`]),
    ...(holds({ name: "sys", kind: "hostname" }) ? [] : ["--allow-sys=hostname"]),
    ...(Deno.permissions.querySync({ name: "env" }).state === "prompt" ? ["--ignore-env"] : []),
  ];
}

function descriptor(name: Kind, item: string): Deno.PermissionDescriptor {
  const keys: Partial<Record<Kind, string>> = {
    net: "host",
    import: "host",
    env: "variable",
    sys: "kind",
    run: "command",
  };
  return { name, [keys[name] ?? "path"]: item } as Deno.PermissionDescriptor;
}

/** Whether the command holds something; what cannot be asked for is left to the library, which says what is wrong with it. */
function holds(descriptor: Deno.PermissionDescriptor): boolean {
  try {
    return Deno.permissions.querySync(descriptor).state === "granted" || isPattern(descriptor);
  } catch {
    return true;
  }
}

function isPattern(descriptor: Deno.PermissionDescriptor): boolean {
  return Object.values(descriptor).some((value) => typeof value === "string" && value.includes("*"));
}
