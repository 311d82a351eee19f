import { EncodedValue } from "../hub/encoded_value.ts";

/**
 * A copy as another process would get it; handles stay what they are.
 *
 * What the owner's own process stores and reads is copied too: otherwise it alone could change a stored value from
 * outside, and would learn later than all others that a value cannot travel.
 *
 * @throws {EncodingError} If the value could not travel to another process.
 */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value) && value.every(isPrimitive)) return value.slice() as T;
  return EncodedValue.open(EncodedValue.capture(value, true)) as T;
}

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol");
}
