const MOST_CHARACTERS = 100;
const MOST_BITS = 320;

/** What a call that takes no argument would ignore: a limit or an option. What a promise or an event passes to a callback is none. */
function isMeant(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value === "number" || typeof value === "boolean";
  return Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * Refuses a number, a truth value or options where a call takes none: who passes a limit of time would wait for ever.
 *
 * @param given The `arguments` of the call.
 */
export function refuseArguments(call: string, given: ArrayLike<unknown>, instead = ""): void {
  if (given.length === 0 || !isMeant(given[0])) return;
  throw new TypeError(`Cannot call ${call} with ${shown(given[0])}: it takes no arguments${instead}`);
}

/** A value as an error message shows it: short, and whatever it is. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(shortened(value));
    case "bigint":
      // To write a long one in decimals takes far more than linear time.
      return value === BigInt.asIntN(MOST_BITS, value) ? `${value}n` : "a long bigint";
    case "object":
      if (value === null) return "null";
      if (value instanceof URL) return shortened(value.href);
      return Array.isArray(value) ? "an array" : "an object";
    case "function":
      return "a function";
    default:
      return String(value);
  }
}

function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
