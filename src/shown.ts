const MOST_CHARACTERS = 100;
const MOST_BITS = 320;

/** What a call that takes no argument would ignore: a limit, an option or a callback. What a promise or an event passes to one is none. */
function isMeant(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return ["number", "boolean", "function"].includes(typeof value);
  return Object.getPrototypeOf(value) === Object.prototype || value instanceof AbortSignal;
}

/**
 * Refuses a number, a truth value, a function or options where a call takes nothing: a caller that passes a limit of time would wait for ever.
 *
 * @param given The `arguments` of the call.
 */
export function refuseArguments(call: string, given: ArrayLike<unknown>, instead = ""): void {
  if (given.length === 0 || !isMeant(given[0])) return;
  throw new TypeError(`Cannot call ${call} with ${shown(given[0])}: it takes no arguments${instead}`);
}

/**
 * Refuses what stands behind the last argument that a call takes.
 *
 * @param form The call as it is wanted, like `"map(fn, items, options)"`.
 * @param given The `arguments` of the call.
 * @param most How many it takes.
 */
export function refuseSurplus(form: string, given: ArrayLike<unknown>, most: number): void {
  if (given.length <= most || given[most] === undefined || isFromWalk(given)) return;
  const [name] = form.split("(", 1);
  throw new TypeError(`Cannot call ${name}() with ${shown(given[most])} as argument ${most + 1}: wanted ${form}`);
}

/** Whether these are the item, its place and the whole, as `forEach` and its kin pass them to a method. */
function isFromWalk({ length, 2: whole }: ArrayLike<unknown>): boolean {
  return length === 3 && typeof whole === "object" && whole !== null && "forEach" in whole;
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

/** The text of a value that was thrown and is no error, as `String()` has it, where that is quick: a worker may have thrown anything. */
export function thrownText(value: unknown): string {
  if (typeof value === "string") return value;
  // Arrays may hold each other: a message of a kilobyte would take years to join.
  if (typeof value === "bigint" || (Array.isArray(value) && !isShortList(value))) return shown(value);
  try {
    return String(value);
  } catch {
    return shown(value);
  }
}

function isShortList(list: readonly unknown[]): boolean {
  return list.length <= MOST_CHARACTERS &&
    list.every((item) => item === null || !["object", "bigint"].includes(typeof item));
}

function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
