/** Arbitrary values of every kind that travels, for tests of properties. */

import fc from "fast-check";

/** An object of these entries, whatever their keys are. */
export function recordFrom(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const record = {};
  for (const [key, value] of entries) {
    Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
  }
  return record;
}

/** The classes of typed arrays. */
export const typedArrayClasses = [
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float16Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array,
];

const anyKey = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom("$", "__proto__", "constructor", "prototype", "toJSON", "then", "0", "17", "length", "v"),
);
const anyText = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom("\ud800", "\0", "\ufeff"));
const jsonLeaf = fc.oneof(anyText, fc.boolean(), fc.constant(null), fc.integer(), fc.double());
const exoticLeaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(undefined, NaN, Infinity, -Infinity, -0),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc.constantFrom("", "^a+$", "[\\]\\/]", "(?<y>\\d{4})", "\\n", "é").chain((source) =>
    fc.constantFrom("", "g", "dgimsy", "u", "v").map((flags) => new RegExp(source, flags))
  ),
  fc.webUrl().map((href) => new URL(href)),
  fc.uint8Array({ maxLength: 32 }).chain((bytes) => {
    const whole = bytes.slice(0, bytes.length - bytes.length % 8).buffer;
    return fc.constantFrom(...typedArrayClasses).map((arrayClass): unknown => new arrayClass(whole.slice()));
  }),
  fc.uint8Array({ maxLength: 32 }).map((bytes) => bytes.slice().buffer),
  fc.uint8Array({ maxLength: 32 }).map((bytes) => new DataView(bytes.slice().buffer)),
);

/** Values of every supported kind; `leaf` says what lies at the bottom. */
function anyValue(leaf: fc.Arbitrary<unknown>, jsonOnly: boolean): fc.Arbitrary<unknown> {
  return fc.letrec((tie) => {
    const item = tie("value");
    const record = fc.array(fc.tuple(anyKey, item), { maxLength: 5 }).map(recordFrom);
    const list = fc.array(item, { maxLength: 5 });
    const sparse = fc.array(fc.tuple(fc.nat({ max: 20 }), item), { maxLength: 3 }).map((entries) => {
      const array: unknown[] = [];
      for (const [index, value] of entries) array[index] = value;
      return array;
    });
    const map = fc.array(fc.tuple(item, item), { maxLength: 4 }).map((entries) => new Map(entries));
    const set = list.map((items) => new Set(items));
    const containers = jsonOnly ? [record, list] : [record, list, sparse, map, set];
    return { value: fc.oneof({ maxDepth: 4, depthSize: "small" }, leaf, ...containers) };
  }).value;
}

/** Plain data. */
export const anyJson: fc.Arbitrary<unknown> = anyValue(
  jsonLeaf.filter((leaf) => !Object.is(leaf, -0) && leaf !== Infinity),
  true,
);
/** A value of any kind that travels. */
export const anySupported: fc.Arbitrary<unknown> = anyValue(fc.oneof(jsonLeaf, exoticLeaf), false);
