/** Checks of arguments, which may come from hostile code, and the wording of what is wrong with them. */

/** A value as a message shows it. */
export function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
    case "bigint":
      return `${value}n`;
    case "object":
      return value === null ? "null" : "an object";
    case "function":
      return "a function";
    default:
      return String(value);
  }
}

/** The place that an index means; -1 is the last. Throws RangeError when there is no such place. */
export function placeOf(index: unknown, length: number, what: string): number {
  const place = wholeNumber(index);
  const fromStart = place < 0 ? length + place : place;
  if (fromStart >= 0 && fromStart < length) return fromStart;
  throw new RangeError(`Cannot use index ${place}: the ${what} has ${length} items`);
}

/** Throws TypeError for anything that is not a whole number. */
export function wholeNumber(value: unknown): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new TypeError(`Cannot use ${show(value)} as an index: a whole number is wanted`);
}

/** Throws TypeError for what is neither a whole number nor left out. */
export function optionalWholeNumber(value: unknown): number | undefined {
  return value === undefined ? undefined : wholeNumber(value);
}

/** The sum of two numbers or two bigints. Throws TypeError for anything else. */
export function sum(current: unknown, amount: unknown): number | bigint {
  if (typeof current === "number" && typeof amount === "number") return current + amount;
  if (typeof current === "bigint" && typeof amount === "bigint") return current + amount;
  throw new TypeError(`Cannot add ${show(amount)} to ${show(current)}: two numbers or two bigints are wanted`);
}
