import type { ParsedFlags } from "./parse_flags.ts";

/** What workers may and may not do. */
export interface SandboxRules {
  readonly permissions: Deno.PermissionOptionsObject | "none";
  readonly deny: Deno.PermissionOptionsObject;
}

/** A kind of permission. */
export type Kind = keyof Deno.PermissionOptionsObject;
/** Everything, or what is listed. */
export type Rule = true | string[];

/** All that there are. */
export const KINDS: readonly Kind[] = ["read", "write", "net", "env", "sys", "run", "ffi", "import"];

/** Adds the rules of a named set of the configuration nearest to `module`; where that is untrusted, of the one nearest to the current folder. */
export type AddPermissionSet = (
  name: string,
  of: { readonly module: URL; readonly isUntrusted: boolean },
  allowed: Map<Kind, Rule>,
  denied: Map<Kind, Rule>,
) => void;

/** Reads `--allow-*`, `--deny-*` and the named set, for which `addSet` is wanted. */
export function sandboxRules(flags: ParsedFlags, module: URL, addSet: AddPermissionSet | undefined): SandboxRules {
  const allowed = new Map<Kind, Rule>();
  const denied = new Map<Kind, Rule>();
  const name = flags.value("permission-set");
  if (name !== undefined) addSet!(name, { module, isUntrusted: flags.has("untrusted") }, allowed, denied);
  for (const kind of KINDS) {
    for (const value of flags.values(`allow-${kind}`)) addRule(allowed, kind, value === "" ? true : value.split(","));
    for (const value of flags.values(`deny-${kind}`)) addRule(denied, kind, value === "" ? true : value.split(","));
  }
  return {
    permissions: allowed.size === 0 ? "none" : Object.fromEntries(allowed),
    deny: Object.fromEntries(denied),
  };
}

/** Adds a rule to those of its kind. */
export function addRule(rules: Map<Kind, Rule>, kind: Kind, rule: Rule): void {
  const known = rules.get(kind);
  if (known === true) return;
  rules.set(kind, rule === true ? true : [...known ?? [], ...rule]);
}
