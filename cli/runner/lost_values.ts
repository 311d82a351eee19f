/** What JSON writes as `{}` though there is something in it: nothing is left out of a result without a word. */

/** What is lost, and what keeps it. */
const REMEDIES = [
  [Promise, "a promise", "await it"],
  [Map, "a Map", "Object.fromEntries(map) makes an object of it"],
  [Set, "a Set", "[...set] makes an array of it"],
  [Error, "an Error", "its message and name can be written"],
  [RegExp, "a RegExp", "String() makes a text of it"],
  [ArrayBuffer, "an ArrayBuffer", "new Uint8Array(buffer).toBase64() makes a text of it"],
] as const;

/** Throws TypeError if `text`, the JSON of a value, lacks what is in it. Looks closer only where something may be lacking. */
export function refuseLostValues(value: unknown, text: string): void {
  if (!text.includes("{}")) return;
  const open: [value: unknown, path: string][] = [[value, "$"]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [one, path] = next;
    if (typeof one !== "object" || one === null || hasOwnJson(one)) continue;
    const fields = Object.entries(one);
    const lost = fields.length > 0 ? undefined : REMEDIES.find(([type]) => one instanceof type);
    if (lost !== undefined) {
      throw new TypeError(
        `Cannot write the result: there is ${lost[1]} at ${path}, which JSON writes as {}; ${lost[2]}`,
      );
    }
    const isList = Array.isArray(one);
    // Not from its end: the first one is told.
    for (const [key, field] of fields.reverse()) {
      if (typeof field === "object") open.push([field, isList ? `${path}[${key}]` : `${path}.${key}`]);
    }
  }
}

function hasOwnJson(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}
