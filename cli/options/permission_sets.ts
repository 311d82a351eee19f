import { pathToFileURL } from "node:url";
import { nearestConfig, readConfig } from "../files/deno_config.ts";
import type { ParsedFlags } from "./parse_flags.ts";
import { UsageError } from "../errors/usage_error.ts";

/** What workers may and may not do. */
export interface SandboxRules {
  readonly permissions: Deno.PermissionOptionsObject | "none";
  readonly deny: Deno.PermissionOptionsObject;
}

type Kind = keyof Deno.PermissionOptionsObject;
type Rule = true | string[];

const KINDS: readonly Kind[] = ["read", "write", "net", "env", "sys", "run", "ffi", "import"];
const PATH_KINDS: readonly Kind[] = ["read", "write", "ffi"];

/** Reads `--allow-*`, `--deny-*` and the named set of the configuration nearest to `module`. */
export function sandboxRules(flags: ParsedFlags, module: URL): SandboxRules {
  const allowed = new Map<Kind, Rule>();
  const denied = new Map<Kind, Rule>();
  const name = flags.value("permission-set");
  if (name !== undefined) addSet(name, module, allowed, denied);
  for (const kind of KINDS) {
    for (const value of flags.values(`allow-${kind}`)) add(allowed, kind, value === "" ? true : value.split(","));
    for (const value of flags.values(`deny-${kind}`)) add(denied, kind, value === "" ? true : value.split(","));
  }
  return {
    permissions: allowed.size === 0 ? "none" : Object.fromEntries(allowed),
    deny: Object.fromEntries(denied),
  };
}

function add(rules: Map<Kind, Rule>, kind: Kind, rule: Rule): void {
  const known = rules.get(kind);
  if (known === true) return;
  rules.set(kind, rule === true ? true : [...known ?? [], ...rule]);
}

function addSet(name: string, module: URL, allowed: Map<Kind, Rule>, denied: Map<Kind, Rule>): void {
  const here = module.protocol === "file:" ? module : new URL("x", `${pathToFileURL(Deno.cwd())}/`);
  const path = nearestConfig(here);
  if (path === undefined) {
    throw new UsageError(
      `Cannot use permission set "${name}": no deno.json was found near ${here}, or this command may not read it`,
    );
  }
  const sets = readSets(path);
  const set = sets[name];
  if (typeof set !== "object" || set === null) {
    const names = Object.keys(sets).map((one) => `"${one}"`).join(", ");
    throw new UsageError(`Cannot use permission set "${name}": ${path} has ${names === "" ? "none" : `only ${names}`}`);
  }
  for (const [key, value] of Object.entries(set)) {
    if (key === "all" && value === true) KINDS.forEach((kind) => add(allowed, kind, true));
    else addEntry(key, value, path, allowed, denied);
  }
}

function addEntry(
  key: string,
  value: unknown,
  config: string,
  allowed: Map<Kind, Rule>,
  denied: Map<Kind, Rule>,
): void {
  const kind = KINDS.find((one) => one === key);
  if (kind === undefined) {
    throw new UsageError(`Cannot use a permission set: "${key}" in ${config} is not a permission`);
  }
  const { allow, deny } = isRecord(value) ? value : { allow: value, deny: undefined };
  const granted = asRule(kind, allow, config);
  const refused = asRule(kind, deny, config);
  if (granted !== undefined) add(allowed, kind, granted);
  if (refused !== undefined) add(denied, kind, refused);
}

/** Paths of a configuration count from its folder. */
function asRule(kind: Kind, value: unknown, config: string): Rule | undefined {
  if (value === undefined || value === false) return undefined;
  if (value === true) return true;
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw new UsageError(`Cannot use a permission set: "${kind}" in ${config} is neither true, false nor a list`);
  }
  if (!PATH_KINDS.includes(kind)) return value;
  const folder = new URL(".", pathToFileURL(config));
  return value.map((path) => decodeURIComponent(new URL(path, folder).pathname));
}

function readSets(path: string): Record<string, unknown> {
  const config = readConfig(path);
  return isRecord(config) && isRecord(config.permissions) ? config.permissions : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
