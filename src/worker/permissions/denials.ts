/** What a worker may not do, whatever it was granted. See `docs/decisions/starting.md`. */
import { covers, otherNames } from "../project/module_url.ts";
import { type Grants, hasPort, isHeld, itemText, type PermissionKind, requests, show } from "./permissions.ts";

/** Where commands lie on most systems, whatever the PATH of this program is, and whether it may be read. */
const USUAL_FOLDERS = Deno.build.os === "windows"
  ? []
  : ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Reads what is to be denied. Nothing needs to be held for that. */
export function resolveDenials(denied: Deno.PermissionOptionsObject | undefined): Grants {
  const denials: Grants = new Map();
  for (const [kind, wanted] of requests(denied)) {
    const denial = Array.isArray(wanted) ? wanted.map((item) => itemText(kind, item)) : wanted;
    if (denial === true || (Array.isArray(denial) && denial.length > 0)) denials.set(kind, denial);
    else if (denial !== undefined && denial !== false && !Array.isArray(denial)) {
      throw new TypeError(`Cannot deny ${kind} access: ${show(denial)} was given, true, false or a list is wanted`);
    }
  }
  return denials;
}

/** Kinds whose items Deno compares by name, and follows links. */
const LINKED_KINDS = ["read", "write", "ffi"] as const;

/** Adds the names by which what is denied could be reached all the same: its own without links, and those below what is granted by the name of a link. */
export function addOtherNames(denials: Grants, grants: Grants): void {
  for (const kind of LINKED_KINDS) {
    const denied = denials.get(kind);
    if (denied === undefined || denied === true) continue;
    const granted = grants.get(kind);
    const names = denied.flatMap((path) => otherNames(path, granted === undefined || granted === true ? [] : granted));
    denials.set(kind, [...new Set([...denied, ...names.map((name) => itemText(kind, name))])]);
  }
}

/** Takes from grants what is denied. Deno does not: what is granted by name passes a denial of more, be that all, a folder, a host or a pattern. */
export function removeDenied(grants: Grants, denials: Grants): void {
  for (const kind of denials.keys()) {
    const granted = grants.get(kind);
    // A narrower denial holds in Deno.
    if (granted === true && denials.get(kind) !== true) continue;
    const left = granted === undefined || granted === true
      ? []
      : granted.filter((one) => !isDenied(kind, one, denials));
    if (left.length === 0) grants.delete(kind);
    else grants.set(kind, left);
  }
}

/** Whether the whole of one item is denied. */
export function isDenied(kind: PermissionKind, item: string, denials: Grants): boolean {
  const denied = denials.get(kind);
  if (denied === undefined || denied === true) return denied === true;
  return denied.some((one) => isPartOf(kind, item, one));
}

function isPartOf(kind: PermissionKind, item: string, denied: string): boolean {
  switch (kind) {
    case "read":
    case "write":
    case "ffi":
      return covers(denied, { path: item, isFolder: false });
    case "run":
      return isSameCommand(item, denied);
    case "env":
      return denied.endsWith("*") ? variableName(item).startsWith(variableName(denied.slice(0, -1))) : item === denied;
    case "net":
    case "import":
      return isPartOfHost(item, denied);
    case "sys":
      return item === denied;
  }
}

function variableName(name: string): string {
  return Deno.build.os === "windows" ? name.toUpperCase() : name;
}

function isPartOfHost(item: string, denied: string): boolean {
  const [host, port] = splitHost(item);
  const [deniedHost, deniedPort] = splitHost(denied);
  if (deniedPort !== undefined && deniedPort !== port) return false;
  return deniedHost.startsWith("*.") ? host.endsWith(deniedHost.slice(1)) : host === deniedHost;
}

/** Names of hosts have no case, and may end with a dot. */
function splitHost(text: string): [host: string, port: string | undefined] {
  const end = hasPort(text) ? text.lastIndexOf(":") : text.length;
  const host = text.slice(0, end);
  return [text.startsWith("unix:") ? text : host.toLowerCase().replace(/\.$/, ""), text.slice(end + 1) || undefined];
}

/**
 * Whether a granted command may be the denied one. A name stands for every command of that name, wherever it lies, and for what that leads to by links: which
 * one a worker would start is known in the worker only, and late.
 */
function isSameCommand(granted: string, denied: string): boolean {
  if (!isPath(denied)) return commandName(granted) === denied;
  if (isPath(granted)) return covers(denied, { path: granted, isFolder: false });
  return searchFolders().some((folder) => covers(denied, { path: `${folder}/${granted}`, isFolder: false }));
}

function isPath(command: string): boolean {
  return /[\\/]/.test(command);
}

function commandName(command: string): string {
  return command.split(/[\\/]/).at(-1)!.replace(/\.exe$/i, "");
}

function searchFolders(): string[] {
  const path = isHeld("env", "PATH") ? Deno.env.get("PATH") ?? "" : "";
  const folders = path.split(Deno.build.os === "windows" ? ";" : ":").filter((folder) => folder !== "");
  return [...new Set([...folders, ...USUAL_FOLDERS])];
}
