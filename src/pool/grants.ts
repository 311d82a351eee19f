import type { ResolvedLaunchOptions } from "../worker/launch_options.ts";
import { PERMISSION_KINDS, type PermissionKind } from "../worker/permissions/permissions.ts";

/** What workers with these options may do, one line each, for people. */
export function grantsOf(
  { permissions, deny, env, trust, memoryLimitMiB, maxFrameBytes }: ResolvedLaunchOptions,
): string[] {
  const granted = PERMISSION_KINDS.map((kind) => [kind, grantOf(permissions, kind)] as const).filter(([, grant]) =>
    grant !== ""
  );
  const denied = PERMISSION_KINDS.filter((kind) => deny?.[kind]).map((kind) => `${kind}: not ${textOf(deny![kind])}`);
  const variables = Object.keys(env);
  const rest = PERMISSION_KINDS.filter((kind) =>
    !granted.some(([name]) => name === kind) && (kind !== "env" || variables.length === 0)
  );
  return [
    ...granted.map(([kind, grant]) => `${kind}: ${grant}`),
    ...denied,
    ...(variables.length === 0 ? [] : [`env: ${variables.join(", ")}`]),
    ...(rest.length === 0 ? [] : [`No ${rest.join(", ")}`]),
    trust === "untrusted"
      ? "Its module is untrusted: it loads from its own folder only"
      : "Its module is trusted: it loads what it imports",
    memoryLimitMiB === undefined ? "No limit of memory" : `Memory: ${memoryLimitMiB} MiB beyond an idle worker`,
    `Messages: up to ${Math.round(maxFrameBytes / 1024 / 1024 * 100) / 100} MiB`,
  ];
}

function grantOf(permissions: Deno.PermissionOptions, kind: PermissionKind): string {
  if (permissions === "none") return "";
  if (permissions === "inherit") return "as this program";
  return textOf(permissions[kind]);
}

function textOf(grant: unknown): string {
  if (grant === undefined || grant === false || grant === "none") return "";
  if (grant === "inherit") return "as this program";
  if (grant === true) return "everything";
  return (grant as readonly unknown[]).map(String).join(", ");
}
