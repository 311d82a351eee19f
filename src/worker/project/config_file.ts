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

/** Most are plain JSON, and to make it of others takes longer than all else at the start of a worker. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(plainJson(text));
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
const TOKEN =
  /"(?:\\[\s\S]?|[^"\\])*"?|'(?:\\[\s\S]?|[^'\\])*'?|\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?|[{[]+|[\]}]+|[:,]|[^\s{}[\]:,"'/]+|\s+|\//g;

/**
 * The text of a configuration as plain JSON. Deno takes comments, commas behind the last of something or none at all, names without quotes, single
 * quotes, line breaks in texts, and numbers like `0x10` and `+1`.
 */
export function plainJson(text: string): string {
  let plain = "";
  let before = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (/^(?:\s|\/[/*])/.test(token)) continue;
    if (token === ",") plain += before === "," ? token : "";
    else if (/^[\]}:]/.test(token)) plain += token;
    // It begins something: behind the end of something else, whether a comma stands there or not, there must be one.
    else plain += (/^$|[{[:]$/.test(before) ? "" : ",") + plainToken(token);
    before = token;
  }
  return plain;
}

function plainToken(token: string): string {
  if (token.startsWith("'")) {
    return plainText(token.replaceAll(/\\[\s\S]|"/g, (part) => ESCAPES[part] ?? part).slice(1, -1));
  }
  if (token.startsWith('"')) return plainText(token.slice(1, -1));
  if (/^[{[]|^(?:true|false|null)$|^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(token)) return token;
  const number = /^[+-]?(?:0[xX][\dA-Fa-f]+|\d+(?:\.\d+)?)$/.test(token) ? numberOf(token) : NaN;
  return Number.isNaN(number) ? JSON.stringify(token) : String(number);
}

const ESCAPES: Record<string, string> = { "\\'": "'", '"': '\\"' };

/** Between quotes, with what JSON wants escaped. */
function plainText(text: string): string {
  // deno-lint-ignore no-control-regex
  return `"${text.replaceAll(/[\0-\x1f]/g, (unit) => JSON.stringify(unit).slice(1, -1))}"`;
}

/** Of hexadecimal numbers, `Number()` takes none with a sign. */
function numberOf(token: string): number {
  const [, sign, digits] = /^([+-]?)(.*)$/.exec(token)!;
  return Number(digits) * (sign === "-" ? -1 : 1);
}
