/** Which commands a name or a path stands for. */
import { covers } from "../project/module_url.ts";
import { isHeld } from "./permissions.ts";

/** Where commands lie on most systems, whatever the PATH of this program is, and whether it may be read. */
const USUAL_FOLDERS = Deno.build.os === "windows"
  ? []
  : ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];

/**
 * Whether a granted command may be the denied one. A name stands for every command of that name, wherever it lies, and for what that leads to by links: which
 * one a worker would start is known in the worker only, and late.
 */
export function isSameCommand(granted: string, denied: string): boolean {
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
