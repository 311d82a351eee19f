/**
 * Turns the permissions a worker is to get into flags for `deno run`, after comparing them with the program's own. See
 * `docs/decisions/starting.md`.
 *
 * Every grant is checked with `Deno.permissions.querySync()`, which never prompts. Deno tells that a grant has
 * exceptions (`partial`) only for what is asked; a `--deny-net=host:port` beside a `--allow-net=host` stays unseen.
 */
import { PermissionError } from "../../errors.ts";
import { shown } from "../../shown.ts";
import { see } from "../../troubles.ts";
import { absolutePath } from "../project/module_url.ts";

/** The kinds of access that Deno knows, in the order of the flags. */
export type PermissionKind = "read" | "write" | "net" | "env" | "sys" | "run" | "ffi" | "import";

/** What a worker is granted: for each kind everything, or a list that is not empty. What is left out is denied. */
export type Grants = Map<PermissionKind, true | string[]>;

/** All of them. */
export const PERMISSION_KINDS: readonly PermissionKind[] = [
  "read",
  "write",
  "net",
  "env",
  "sys",
  "run",
  "ffi",
  "import",
];

/** Their items are paths, or `file:` URLs. */
const PATH_KINDS: readonly PermissionKind[] = ["read", "write", "ffi", "run"];

// Explicit denials change nothing, but a command line without any permission flag may be given -A by others.
const ALWAYS_EXPLICIT: readonly PermissionKind[] = ["run", "ffi"];

/** The flags for grants that were checked, and for what is denied beside them; nothing else is granted. There is always at least one. */
export function grantFlags(grants: Grants, denials: Grants = new Map()): string[] {
  const denied = new Map(denials);
  for (const kind of ALWAYS_EXPLICIT) if (!grants.has(kind)) denied.set(kind, true);
  return [...kindFlags("allow", grants), ...kindFlags("deny", denied)];
}

function kindFlags(verb: "allow" | "deny", grants: Grants): string[] {
  return PERMISSION_KINDS.flatMap((kind) => {
    const grant = grants.get(kind);
    return grant === undefined ? [] : [`--${verb}-${kind}${grant === true ? "" : `=${grant.join(",")}`}`];
  });
}

/** Checks the permissions of a pool against this program's own, and makes paths absolute. */
export function resolveGrants(permissions: Deno.PermissionOptions | undefined): Grants {
  const grants: Grants = new Map();
  for (const [kind, wanted] of requests(permissions)) {
    const grant = resolveKind(kind, wanted);
    if (grant !== undefined) grants.set(kind, grant);
  }
  return grants;
}

/** Adds checked items to one kind of grant; nothing to add where everything is granted. */
export function addToGrant(grants: Grants, kind: PermissionKind, items: readonly string[]): void {
  const held = grants.get(kind);
  if (held === true || items.length === 0) return;
  grants.set(kind, [...new Set([...held ?? [], ...items])]);
}

/** Checks the form of permissions alone, not whether this program holds them. Throws TypeError. */
export function checkForm(permissions: unknown): void {
  requests(permissions);
}

/** The same, with each path as it is now: the program may go elsewhere before a worker starts. Expects what `checkForm` took. */
export function withAbsolutePaths<P>(permissions: P): P {
  if (typeof permissions !== "object" || permissions === null) return permissions;
  const anchored = (kind: string, item: unknown): unknown =>
    typeof item === "string" && item !== "" && isPath(kind as PermissionKind, item) ? absolutePath(item) : item;
  return Object.fromEntries(
    Object.entries(permissions).map(([kind, value]) => [
      kind,
      Array.isArray(value) ? value.map((item) => anchored(kind, item)) : value,
    ]),
  ) as P;
}

/** What is wanted of each kind. Throws TypeError for what has not the form of permissions. */
export function requests(permissions: unknown): [PermissionKind, unknown][] {
  if (permissions === undefined || permissions === "none") return [];
  if (permissions === "inherit") return PERMISSION_KINDS.map((kind) => [kind, "inherit"]);
  if (typeof permissions !== "object" || permissions === null || Array.isArray(permissions)) {
    throw new TypeError(
      `Cannot use ${
        show(permissions)
      } as permissions: "none", "inherit" or an object like { read: ["/data"] } is wanted`,
    );
  }
  return Object.entries(permissions).map(([key, value]) => [knownKind(key), value]);
}

function knownKind(key: string): PermissionKind {
  const kind = PERMISSION_KINDS.find((one) => one === key);
  if (kind === undefined) {
    throw new TypeError(
      `Cannot grant permission ${show(key)}: there is no such permission, wanted one of ${PERMISSION_KINDS.join(", ")}`,
    );
  }
  return kind;
}

function resolveKind(kind: PermissionKind, wanted: unknown): true | string[] | undefined {
  if (wanted === undefined || wanted === false) return undefined;
  if (wanted === true) return allOf(kind);
  if (wanted === "inherit") return inherited(kind);
  if (!Array.isArray(wanted)) {
    throw new TypeError(
      `Cannot grant ${kind} access: ${show(wanted)} was given, true, false, "inherit" or a list is wanted`,
    );
  }
  const items = wanted.map((item) => checkedItem(kind, itemText(kind, item)));
  return items.length === 0 ? undefined : [...new Set(items)];
}

function allOf(kind: PermissionKind): true {
  const { state, partial } = query({ name: kind });
  if (state === "granted" && !partial) return true;
  if (state === "granted") throw held(kind, `all ${kind} access`, "list what the worker needs");
  throw notHeld(`all ${kind} access`, `--allow-${kind}`);
}

function inherited(kind: PermissionKind): true | undefined {
  const { state, partial } = query({ name: kind });
  if (state !== "granted") return undefined;
  if (partial) throw held(kind, `inherited ${kind} access`, "list what the worker needs");
  return true;
}

/** Whether an item is a path; a command may also be a name, which is looked for on the PATH. */
function isPath(kind: PermissionKind, item: string | URL): boolean {
  return PATH_KINDS.includes(kind) && (kind !== "run" || item instanceof URL || /[\\/]/.test(item));
}

/** Reads one entry of a list; what it returns is safe between the commas of a flag. */
export function itemText(kind: PermissionKind, item: unknown): string {
  const mayBeUrl = PATH_KINDS.includes(kind);
  if (item === "" || (typeof item !== "string" && !(mayBeUrl && item instanceof URL))) {
    throw new TypeError(
      `Cannot grant ${kind} access: ${show(item)} was given, ${mayBeUrl ? "a path" : "a name"} is wanted`,
    );
  }
  const text = isPath(kind, item) ? absolutePath(item) : String(item);
  // Deno's help says that ",," stands for a comma, but 2.9.6 refuses it: "Empty path is not allowed".
  if (/[,\0]/.test(text)) {
    throw new TypeError(
      `Cannot grant ${kind} access to ${show(text)}: Deno has no way to pass a comma in a grant` +
        (isPath(kind, item) ? ", grant the folder around it" : ""),
    );
  }
  return text;
}

/** Returns what to put into the flag, once it is certain that this program holds it. */
function checkedItem(kind: PermissionKind, item: string): string {
  if (isPattern(kind, item)) return checkedPattern(kind, item);
  const { state, partial } = query(descriptor(kind, item));
  const what = `${kind} access to ${show(item)}`;
  if (state === "granted" && !partial) {
    if (kind === "net") requirePortBesideDenials(item, what);
    return item;
  }
  if (state === "granted") throw held(kind, what, "grant a smaller part");
  // The hosts that Deno allows for imports by itself are held for port 443 only.
  if (kind === "import" && !hasPort(item) && isHeld(kind, `${item}:443`)) return `${item}:443`;
  throw notHeld(what, `--allow-${kind}=${item}`);
}

/** Whether this program may do everything. */
export function isHeldWhole(): boolean {
  return PERMISSION_KINDS.every((kind) => {
    const { state, partial } = query({ name: kind });
    return state === "granted" && !partial;
  });
}

/** Whether this program holds the whole of one item. */
export function isHeld(kind: PermissionKind, item: string): boolean {
  const { state, partial } = query(descriptor(kind, item));
  return state === "granted" && !partial;
}

function isPattern(kind: PermissionKind, item: string): boolean {
  if (kind === "env") return item.endsWith("*");
  return (kind === "net" || kind === "import") && !item.startsWith("unix:") && /[*/]/.test(item);
}

// A query takes a pattern literally, and so would not see what is denied within it.
function checkedPattern(kind: PermissionKind, item: string): string {
  if (/^https?:/i.test(item)) {
    throw new TypeError(`Cannot grant ${kind} access to ${show(item)}: a host is wanted, not a URL`);
  }
  const whole = query({ name: kind });
  if (whole.state === "granted" && !whole.partial) return item;
  throw new PermissionError(
    `Cannot grant ${kind} access to ${show(item)}: whether this program holds all of it cannot be checked, ` +
      `spell out the ${kind === "env" ? "names" : "hosts"}, or run it with --allow-${kind}`,
  );
}

// Asked for a host without a port, Deno does not tell that one of its ports is denied.
function requirePortBesideDenials(item: string, what: string): void {
  if (hasPort(item) || item.startsWith("unix:")) return;
  const { state, partial } = query({ name: "net" });
  if (state !== "granted" || !partial) return;
  throw new PermissionError(
    `Cannot grant ${what}: some net access is denied to this program, so spell out the port, like ${
      show(`${item}:443`)
    }`,
  );
}

export function hasPort(host: string): boolean {
  return /^(\[.*\]|[^:]*):\d+$/.test(host);
}

function descriptor(kind: PermissionKind, item: string): Deno.PermissionDescriptor {
  switch (kind) {
    case "read":
    case "write":
    case "ffi":
      return { name: kind, path: item };
    case "net":
    case "import":
      return { name: kind, host: item };
    case "env":
      return { name: kind, variable: item };
    case "run":
      return { name: kind, command: item };
    case "sys":
      return { name: kind, kind: item as NonNullable<Deno.SysPermissionDescriptor["kind"]> };
  }
}

function query(descriptor: Deno.PermissionDescriptor): Deno.PermissionStatus {
  try {
    return Deno.permissions.querySync(descriptor);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`Cannot grant ${descriptor.name} access: ${reason}`, { cause });
  }
}

function notHeld(what: string, flag: string): PermissionError {
  return new PermissionError(
    `Cannot grant ${what}: this program does not hold it itself, run it with ${flag}${see("grant")}`,
  );
}

function held(kind: PermissionKind, what: string, remedy: string): PermissionError {
  return new PermissionError(
    `Cannot grant ${what}: this program holds it only in part (see its --deny-${kind} flags), ${remedy}${see("grant")}`,
  );
}

/** Paths and hosts are shown in full. */
export function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : shown(value);
}
