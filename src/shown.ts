const MOST_CHARACTERS = 100;
const MOST_BITS = 320;

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
