const MAX_CHARACTERS = 200;
const decoder = new TextDecoder();

/** The beginning of a record, in one line that a terminal can show. */
export function excerptOf(record: Uint8Array): string {
  const text = decoder.decode(record.subarray(0, MAX_CHARACTERS * 4));
  const shown = text.slice(0, MAX_CHARACTERS);
  const isWhole = shown.length === text.length && record.length <= MAX_CHARACTERS * 4;
  // deno-lint-ignore no-control-regex -- those are what is replaced
  return shown.replaceAll(/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, "\u00b7") + (isWhole ? "" : "…");
}
