/** A character that does not fit a byte. Where a text has one, the engine keeps two bytes for each. */
const WIDE = /[^\0-\xff]/;

/**
 * About how many bytes of memory a text takes beside its head: one for each character, two where one of them is beyond Latin-1.
 *
 * A narrow text is not walked through: the engine knows that nothing in it can match.
 */
export function textBytes(text: string): number {
  return WIDE.test(text) ? 2 * text.length : text.length;
}
