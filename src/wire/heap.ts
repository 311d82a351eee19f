/** How large this process's heap may grow, and what texts take of it. */

/** What of Node's modules is used. */
interface NodeProcess {
  getBuiltinModule(name: "node:v8"): { getHeapStatistics(): { heap_size_limit: number } } | undefined;
}

/** The limit of V8's heap in bytes; `Infinity` where it cannot be told. Loads a module when it is called first. */
export function heapBytes(): number {
  try {
    const { process } = globalThis as unknown as { process: NodeProcess };
    return process.getBuiltinModule("node:v8")?.getHeapStatistics().heap_size_limit ?? Infinity;
  } catch {
    // The program took it away.
    return Infinity;
  }
}

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
