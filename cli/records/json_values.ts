const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACE] = new TextEncoder().encode('"\\,[{');

/**
 * Whether JSON that a worker sent has at most so many values, about: it counts what begins a list or an object, and what stands between values.
 * An object of two bytes takes fifty in memory, and the worker's code may be hostile.
 */
export function hasAtMost(values: number, json: Uint8Array): boolean {
  if (json.length <= values) return true;
  let count = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfText(json, at);
    else if ((byte === COMMA || byte === BRACKET || byte === BRACE) && ++count > values) return false;
  }
  return true;
}

/** Where the text that begins at a quote has its other one. */
function endOfText(json: Uint8Array, start: number): number {
  for (let quote = start;;) {
    quote = json.indexOf(QUOTE!, quote + 1);
    if (quote < 0) return json.length;
    let escapes = 0;
    while (json[quote - 1 - escapes] === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return quote;
  }
}
