import { isRecord, readConfig } from "./config_file.ts";
import { fileUrlToPath, isReadable } from "./module_url.ts";

/** A stranger's patterns may be longer, and would only take long. */
const MOST_PATTERN_UNITS = 64 * 1024;

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
  const list: unknown = isRecord(declared) ? declared.members ?? declared.packages : declared;
  const patterns: string[] = Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
  // Comparing takes as long as both texts are, multiplied.
  return patterns.reduce((sum, { length }) => sum + length, 0) > MOST_PATTERN_UNITS ? [] : patterns;
}

function segments(pattern: string): string[] {
  return pattern.split("/").filter((segment) => segment !== "" && segment !== ".");
}

/** Two stars stand for any folders. Only the last ones are tried with more of them: what earlier ones could take, these can. */
function matchSegments(pattern: readonly string[], path: readonly string[]): boolean {
  let [at, last, taken] = [0, -1, 0];
  for (let index = 0; index < path.length;) {
    const segment = pattern[at];
    if (segment === "**") [last, taken, at] = [at, index, at + 1];
    else if (segment !== undefined && matchSegment(segment, path[index]!)) [index, at] = [index + 1, at + 1];
    else if (last >= 0) [index, at] = [++taken, last + 1];
    else return false;
  }
  return pattern.slice(at).every((segment) => segment === "**");
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
