import { pathToFileURL } from "node:url";
import { nearestConfig } from "@corral/multiprocessing/backend";
import { readConfig } from "../files/deno_config.ts";
import { UsageError } from "../errors/usage_error.ts";
import { type AddPermissionSet, addRule, type Kind, KINDS, type Rule } from "./sandbox_rules.ts";

const PATH_KINDS: readonly Kind[] = ["read", "write", "ffi"];

/** Adds the rules of a set, where `--permission-set` names one: apart, because a reader of JSON with comments takes a while to load. */
export const addPermissionSet: AddPermissionSet = (name, { module, isUntrusted }, allowed, denied) => {
  const isNearModule = module.protocol === "file:" && !isUntrusted;
  const here = isNearModule ? module : new URL("x", `${pathToFileURL(Deno.cwd())}/`);
  const path = nearestConfig(here.href);
  if (path === undefined) {
    throw new UsageError(
      `Cannot use permission set "${name}": no deno.json was found near ${here}, or this command may not read it`,
    );
  }
  if (isUntrusted && liesBeside(path, module)) {
    throw new UsageError(
      `Cannot use permission set "${name}": with --untrusted, the folder of the module decides nothing, and ${path} lies there, wanted --allow-… flags, or ` +
        "a deno.json elsewhere and the current folder near that",
    );
  }
  const sets = readSets(path);
  const set = sets[name];
  if (typeof set !== "object" || set === null) {
    const names = Object.keys(sets).map((one) => `"${one}"`).join(", ");
    throw new UsageError(`Cannot use permission set "${name}": ${path} has ${names === "" ? "none" : `only ${names}`}`);
  }
  for (const [key, value] of Object.entries(set)) {
    if (key === "all" && value === true) KINDS.forEach((kind) => addRule(allowed, kind, true));
    else addEntry(key, value, path, allowed, denied);
  }
};

/** Whether a file lies in the folder of a module, or below: who wrote the one may have written the other. */
function liesBeside(path: string, module: URL): boolean {
  if (module.protocol !== "file:") return false;
  const [file, folder] = [path, new URL(".", module)].map((one) => pathToFileURL(Deno.realPathSync(one)).href);
  return file!.startsWith(`${folder}/`);
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
  if (granted !== undefined) addRule(allowed, kind, granted);
  if (refused !== undefined) addRule(denied, kind, refused);
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
  // What means something in a URL is a character like others in a path.
  return value.map((path) =>
    decodeURIComponent(new URL(path.replaceAll(/[%?#]/g, encodeURIComponent), folder).pathname)
  );
}

function readSets(path: string): Record<string, unknown> {
  const config = readConfig(path);
  return isRecord(config) && isRecord(config.permissions) ? config.permissions : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
