/** The flags that say what workers can do. */

import type { Flag } from "./flag.ts";

const PERMISSIONS: readonly (readonly [kind: string, value: string])[] = [
  ["read", "PATHS"],
  ["write", "PATHS"],
  ["net", "HOSTS"],
  ["env", "NAMES"],
  ["sys", "KINDS"],
  ["run", "COMMANDS"],
  ["ffi", "PATHS"],
  ["import", "HOSTS"],
];

function permissionFlags(): Flag[] {
  return PERMISSIONS.flatMap(([kind, name]) =>
    (["allow", "deny"] as const).map((verb): Flag => ({
      long: `${verb}-${kind}`,
      help: verb === "allow" ? `Let workers use ${kind}` : `Deny ${kind}, also where it is allowed`,
      value: { name },
      optionalValue: true,
      repeatable: true,
      group: "Sandbox",
    }))
  );
}

/** A module's code, the permissions and the environment of workers. */
export const SANDBOX_FLAGS: readonly Flag[] = [
  {
    long: "untrusted",
    help: "Let the module load nothing outside its own folder",
    group: "Sandbox",
  },
  ...permissionFlags(),
  {
    long: "permission-set",
    short: "P",
    value: { name: "NAME" },
    help: "Take the permissions of that name from deno.json",
    group: "Sandbox",
  },
  {
    long: "env",
    value: { name: "NAME[=VALUE]" },
    repeatable: true,
    help: "Give workers a variable; without a value, your own",
    group: "Sandbox",
  },
];
