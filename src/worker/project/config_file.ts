/** Reads a `deno.json`, which may be a stranger's: in linear time, and only up to a size. */

const MAX_CONFIG_BYTES = 1024 * 1024;

/** What a configuration says, or `undefined` for what cannot be read. */
export function readConfig(path: string): Record<string, unknown> | undefined {
  try {
    const text = readText(path);
    const config: unknown = text === undefined ? undefined : parse(text);
    return isRecord(config) ? config : undefined;
  } catch {
    // Deno says what is wrong with a file that it is given; here it has nothing to tell.
    return undefined;
  }
}

/** Most have no comments, and to take them out takes longer than all else at the start of a worker. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(withoutComments(text));
  }
}

/** A file's text; `undefined` if it is none, or too long. Another file may come into its place meanwhile, or it may grow. */
function readText(path: string): string | undefined {
  // To open a pipe would wait for somebody who writes to it.
  if (!Deno.statSync(path).isFile) return undefined;
  const file = Deno.openSync(path);
  // Without "using", which keeps Node from reading far enough to be told that corral needs Deno.
  try {
    const { size } = file.statSync();
    if (size > MAX_CONFIG_BYTES) return undefined;
    const bytes = new Uint8Array(size);
    let length = 0;
    for (let count; length < size && (count = file.readSync(bytes.subarray(length))) !== null;) length += count;
    return new TextDecoder().decode(bytes.subarray(0, length));
  } finally {
    file.close();
  }
}

/** Whether a value is an object with fields, and no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// Each alternative takes what it began, an open string or comment to the end of the text, so that nothing is tried twice.
const TOKEN = /"(?:\\[\s\S]?|[^"\\])*"?|\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?|[^"/,\s]+|\s+|[/,]/g;

/** The text of a configuration as plain JSON: without comments, and without commas behind the last of something. */
export function withoutComments(text: string): string {
  let plain = "";
  let held = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith("//") || token.startsWith("/*")) continue;
    if (token === "," || (held !== "" && token.trim() === "")) {
      held += token;
      continue;
    }
    plain += held.startsWith(",") && /^[\]}]/.test(token) ? held.slice(1) + token : held + token;
    held = "";
  }
  return plain + held;
}
