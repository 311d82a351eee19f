/** Makes messages that are nearly right: those of a corpus with some of their values exchanged, doubled, moved or left out. */

export const INTERESTING: readonly unknown[] = [
  ...[
    null,
    true,
    0,
    -1,
    1,
    7,
    1.5,
    1e308,
    2 ** 31,
    2 ** 53,
    -(2 ** 53),
    "",
    "$",
    "7",
    "__proto__",
    "constructor",
    "then",
  ],
  ...[[], {}, [[]], [[1, 2], 3], { $: 1 }, { then: 1 }, { length: 1e9 }, { $: "ref", v: 0 }, { $: "ref", v: -1 }, {
    $: "lines",
  }],
  ...[{ $: "map", v: [1] }, { $: "sparse", n: 1e9, v: [] }, { $: "handle", v: {} }, {
    $: "binary",
    k: "Uint8Array",
    p: 0,
  }],
  { $: "error", c: "Error", n: "", m: "", s: null, f: [] },
];

/** Numbers by a seed: each run of a test makes the same messages. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    // Xorshift: small, and good enough for choices.
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

/** A message of the corpus, changed in some places, as JSON text. */
export function mutatedMessage(corpus: readonly string[], chance: Chance): string {
  let tree: unknown = JSON.parse(chance.pick(corpus));
  for (let changes = chance.below(4); changes > 0; changes--) tree = mutated(tree, corpus, chance);
  return JSON.stringify(tree);
}

function mutated(tree: unknown, corpus: readonly string[], chance: Chance): unknown {
  if (typeof tree !== "object" || tree === null || chance.below(6) === 0) return replacement(tree, corpus, chance);
  const keys = Object.keys(tree);
  if (keys.length === 0) return replacement(tree, corpus, chance);
  const key = chance.pick(keys);
  const changed = (Array.isArray(tree) ? [...tree] : { ...tree }) as Record<string, unknown>;
  switch (chance.below(8)) {
    case 0:
      if (Array.isArray(changed)) changed.splice(Number(key), 1);
      else delete changed[key];
      break;
    case 1:
      if (Array.isArray(changed)) changed.splice(Number(key), 0, changed[Number(key)]);
      else changed[chance.pick(["$", "v", "p", "then", "__proto__x"])] = changed[key];
      break;
    case 2:
      changed[key] = changed[chance.pick(keys)];
      break;
    default:
      changed[key] = mutated(changed[key], corpus, chance);
  }
  return changed;
}

function replacement(old: unknown, corpus: readonly string[], chance: Chance): unknown {
  if (typeof old === "number" && chance.below(2) === 0) return old + chance.pick([-1, 1, 0.5, 1e9]);
  if (chance.below(8) === 0) return JSON.parse(chance.pick(corpus));
  return chance.pick(INTERESTING);
}

/** Bytes with some changed, left out or doubled. */
export function mutatedBytes(bytes: Uint8Array, chance: Chance): Uint8Array {
  let changed = bytes;
  for (let changes = 1 + chance.below(3); changes > 0; changes--) {
    const at = chance.below(changed.length + 1);
    switch (chance.below(4)) {
      case 0:
        changed = spliced(changed, at, 1 + chance.below(4), []);
        break;
      case 1:
        changed = spliced(changed, at, 0, changed.subarray(at, at + chance.below(20)));
        break;
      default:
        changed = spliced(changed, at, 1, [
          chance.pick([0, 10, 34, 44, 91, 93, 123, 125, 0x80, 0xff, chance.below(256)]),
        ]);
    }
  }
  return changed;
}

/** As `splice()` does it to an array, in a copy: one of 200 000 bytes takes no time. */
function spliced(bytes: Uint8Array, at: number, count: number, put: ArrayLike<number>): Uint8Array {
  const rest = bytes.subarray(at + count);
  const all = new Uint8Array(at + put.length + rest.length);
  all.set(bytes.subarray(0, at));
  all.set(put, at);
  all.set(rest, at + put.length);
  return all;
}
