/**
 * Where a worker reads what its parent sends: a descriptor of its own, so that stdin is at its end for user code from the start. See
 * `docs/decisions/standard_streams.md`.
 */
import { denoInternals } from "../../deno_internals.ts";
import { addToGrant, type Grants } from "../permissions/permissions.ts";
import { mayUseShell } from "./shell.ts";

/** A worker opens it by this path; Deno lets a program do so that may read it. */
const PATHS: Partial<Record<typeof Deno.build.os, string>> = { linux: "/proc/self/fd/3", darwin: "/dev/fd/3" };

/** How a worker comes to its descriptor. */
export interface InputDescriptor {
  /** What it opens. */
  readonly path: string;
  /** Whether it gives back the permission for that, before user code is there. */
  readonly revoke: boolean;
}

/**
 * Lets a worker open its descriptor. Returns `undefined` where it has none and reads stdin: on a system where Deno cannot pass one on, and when
 * a denial beside a grant of everything forbids the path.
 */
export function grantInput(grants: Grants, denials: Grants): InputDescriptor | undefined {
  const path = PATHS[Deno.build.os];
  if (path === undefined || !(mayUseShell() || denoInternals.kExtraStdio)) return undefined;
  const [granted, denied] = [grants.get("read"), denials.get("read")];
  if (granted === true) return denied !== undefined && covers(denied, path) ? undefined : { path, revoke: false };
  addToGrant(grants, "read", [path]);
  // To give back a part of a folder would give back the whole folder.
  return { path, revoke: granted === undefined || !covers(granted, path) };
}

function covers(paths: true | readonly string[], path: string): boolean {
  return paths === true || paths.some((one) => path === one || path.startsWith(one.endsWith("/") ? one : `${one}/`));
}
