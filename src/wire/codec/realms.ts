/**
 * Tells built-in classes apart, also those of another realm: what `node:vm` makes, as loaders of configurations,
 * templates and parsers do, has prototypes of its own.
 */

/** Where holes are more than items, and than so many, an array's keys are quicker looked up than its places. */
const FEW_HOLES = 1000;

/** `function Map() { [native code] }`, in every realm. */
const NATIVE_FUNCTION = /^function (\w+)\(\) \{ \[native code\] \}$/;

/** A part of JSON that TypeScript does not know yet. */
const rawJson = JSON as { readonly isRawJSON?: (value: unknown) => boolean };

/** The name of the built-in class, of whatever realm, whose prototype this is. */
export function builtInName(prototype: object): string | undefined {
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  if (typeof constructor !== "function" || constructor.prototype !== prototype) return undefined;
  return NATIVE_FUNCTION.exec(Function.prototype.toString.call(constructor))?.[1];
}

/** Whether an object's keys are its data, and nothing else is. */
export function isRecord(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return true;
  if (prototype === null) return !isRawJson(value);
  // Of all built-in prototypes only Object's has none itself: no other pays for the longer look.
  return Object.getPrototypeOf(prototype) === null && builtInName(prototype) === "Object";
}

/** Whether an object stands for a text that `JSON.stringify()` writes as it is, and that may be no number that this process can hold. */
export function isRawJson(value: object): boolean {
  return rawJson.isRawJSON?.(value) === true;
}

/** Whether an array has no subclass, and `JSON.stringify()` writes its items. */
export function isOrdinaryArray(value: object): value is unknown[] {
  if (!Array.isArray(value) || (value as { toJSON?: unknown }).toJSON !== undefined) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Array.prototype || (Array.isArray(prototype) && builtInName(prototype) === "Array");
}

/** Whether a value is memory that belongs to one process. */
export function isArrayBuffer(value: object): value is ArrayBuffer {
  return value instanceof ArrayBuffer || hasClass(value, "ArrayBuffer");
}

/** Whether a value is an error. */
export function isError(value: object): value is Error {
  return value instanceof Error || Error.isError(value);
}

/** Whether a value is an instance of the built-in class of that name, and of no subclass. */
function hasClass(value: object, name: string): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype !== null && builtInName(prototype) === name;
}

/**
 * The places of an array's items; `undefined` if it has no holes. Takes no longer than the array has items: the millions of holes that a
 * few bytes can stand for are not walked through.
 */
export function placesAmongHoles(array: readonly unknown[]): number[] | undefined {
  let holes = 0;
  const places: number[] = [];
  for (let i = 0; i < array.length; i++) {
    if (array[i] === undefined && !(i in array)) {
      if (holes === 0) { for (let k = 0; k < i; k++) places[k] = k; }
      if (++holes > places.length + FEW_HOLES) return placesOfKeys(array);
    } else if (holes > 0) places.push(i);
  }
  return holes > 0 ? places : undefined;
}

/** Places come first among keys, in their order. */
function placesOfKeys(array: readonly unknown[]): number[] {
  const places: number[] = [];
  for (const key of Object.keys(array)) {
    const place = Number(key);
    if (!(place < array.length) || `${place}` !== key || !Number.isInteger(place) || place < 0) break;
    places.push(place);
  }
  return places;
}
