// deno-lint-ignore no-control-regex -- it is what colours begin with
const SGR = /\x1b\[[0-9;]*m/g;

/** A text without the sequences that make it coloured, bold and so on. */
export function withoutColors(text: string): string {
  return text.replaceAll(SGR, "");
}
