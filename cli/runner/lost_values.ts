/** What JSON writes as `{}` though there is something in it: nothing is left out of a result without a word. */

/** What keeps it, by what a class of the language or of the platform calls its objects. */
const REMEDIES: Readonly<Record<string, string>> = {
  Promise: "await it",
  Response: "await its text() or json()",
  Map: "Object.fromEntries(map) makes an object of it",
  Set: "[...set] makes an array of it",
  Error: "its name and message can be written",
  RegExp: "String() makes a text of it",
  ArrayBuffer: "new Uint8Array(buffer).toBase64() makes a text of it",
};

/** Throws TypeError if `text`, the JSON of a value, lacks what is in it. Looks closer only where something may be lacking. */
export function refuseLostValues(value: unknown, text: string): void {
  if (!text.includes("{}")) return;
  const open: [value: unknown, path: string][] = [[value, "$"]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [one, path] = next;
    if (typeof one !== "object" || one === null || hasOwnJson(one)) continue;
    const fields = Object.entries(one);
    const name = fields.length > 0 ? undefined : nameOf(one);
    if (name !== undefined) {
      const remedy = Object.hasOwn(REMEDIES, name) ? REMEDIES[name] : "wanted plain objects, arrays, texts and numbers";
      throw new TypeError(`Cannot write the result: JSON has no form for the ${name} at ${path}, ${remedy}`);
    }
    const isList = Array.isArray(one);
    // Not from its end: the first one is told.
    for (const [key, field] of fields.reverse()) {
      if (typeof field === "object") open.push([field, isList ? `${path}[${key}]` : `${path}.${key}`]);
    }
  }
}

/** What an object without fields of its own is; `undefined` for one that has nothing else in it either. Of an empty list of bytes, nothing is lost. */
function nameOf(value: object): string | undefined {
  if (value instanceof Error) return "Error";
  if (value instanceof RegExp) return "RegExp";
  const tag: unknown = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return typeof tag === "string" && !ArrayBuffer.isView(value) ? tag : undefined;
}

function hasOwnJson(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}
