/**
 * JSON with every whole number as it stands. A double holds those up to 2 ** 53 only, and none beyond 1e308: a number that it
 * cannot hold becomes what `JSON.rawJSON()` gives, which is written with its own digits again, and throws where somebody reckons with it.
 * See docs/decisions/command.md.
 */

/** The context that a reviver gets; TypeScript does not know it yet. */
interface ReviverContext {
  readonly source?: string;
}

interface RawJson {
  readonly rawJSON: string;
}

const json = JSON as typeof JSON & {
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
  parse(text: string, reviver: (key: string, value: unknown, context: ReviverContext) => unknown): unknown;
};

/**
 * What may be such a number: many digits that do not follow a point, or a large exponent. The digits are written out since V8 then
 * passes over what cannot match in steps, and takes half as long for a text as with `\d{16}`.
 */
const SUSPECT = /[^.\d]\d\d\d\d\d\d\d\d\d\d\d\d\d\d\d\d|\d[eE][+\d]\d\d/;
const SUSPECT_AT_START = /^\d{16}/;

/** Whether a text may have numbers that a double does not hold. Looked up for many records at once, since it seldom is so. */
export function mayLoseDigits(text: string): boolean {
  return SUSPECT.test(text) || SUSPECT_AT_START.test(text);
}

/** Parses JSON. Throws SyntaxError. */
export function parseExact(text: string): unknown {
  return mayLoseDigits(text) ? json.parse(text, exactNumber) : JSON.parse(text);
}

function exactNumber(_key: string, value: unknown, { source }: ReviverContext): unknown {
  if (typeof value !== "number" || source === undefined || Number.isSafeInteger(value)) return value;
  if (Number.isFinite(value) && !/^-?\d+$/.test(source)) return value;
  return json.rawJSON(source);
}

/** The JSON text of a value, with big integers as digits; `undefined` of what has none. */
export function exactText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Only when there is one: a replacer makes everything slower.
    return JSON.stringify(value, (_key, one) => typeof one === "bigint" ? json.rawJSON(String(one)) : one);
  }
}

/** The first number in a value that is kept as text, if there is one. */
export function firstRawNumber(value: unknown): string | undefined {
  // Records may be deeper than calls.
  const open = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one !== "object" || one === null) continue;
    if (json.isRawJSON(one)) return one.rawJSON;
    for (const part of Object.values(one).reverse()) open.push(part);
  }
}
