import { isRecord, readConfig } from "./config_file.ts";
import { fileUrlToPath, isReadable } from "./module_url.ts";

/** Whether the files in `root` declare a workspace of which `folder` is a member. Both are URLs with a slash at the end. */
export function isWorkspaceMember(root: string, folder: string): boolean {
  if (!folder.startsWith(root) || folder === root) return false;
  const path = decodeURIComponent(folder.slice(root.length, -1)).split("/");
  const patterns = ["deno.json", "deno.jsonc", "package.json"].flatMap((name) => members(root, name));
  const [excluded, included] = [
    patterns.filter((one) => one.startsWith("!")),
    patterns.filter((one) => !one.startsWith("!")),
  ];
  const matches = (pattern: string): boolean => matchSegments(segments(pattern), path);
  return included.some(matches) && !excluded.some((pattern) => matches(pattern.slice(1)));
}

function members(root: string, name: string): string[] {
  const path = fileUrlToPath(new URL(name, root));
  const config = isReadable(path) ? readConfig(path) : undefined;
  const declared: unknown = name === "package.json" ? config?.workspaces : config?.workspace;
  const list: unknown = isRecord(declared) && !Array.isArray(declared)
    ? declared.members ?? declared.packages
    : declared;
  return Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
}

function segments(pattern: string): string[] {
  return pattern.split("/").filter((segment) => segment !== "" && segment !== ".");
}

function matchSegments([first, ...rest]: string[], path: string[]): boolean {
  if (first === undefined) return path.length === 0;
  if (first === "**") return path.some((_, index) => matchSegments(rest, path.slice(index))) || matchSegments(rest, []);
  return path.length > 0 && matchSegment(first, path[0]!) && matchSegments(rest, path.slice(1));
}

/** A star stands for any characters; each part is looked for once, from the left, which is enough. */
function matchSegment(pattern: string, text: string): boolean {
  const parts = pattern.split("*");
  if (parts.length === 1) return pattern === text;
  const [head, tail] = [parts.shift()!, parts.pop()!];
  if (!text.startsWith(head) || !text.endsWith(tail) || text.length < head.length + tail.length) return false;
  let at = head.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - tail.length;
}
