/** Values to JSON and back, beside `JSON.stringify()` and `JSON.parse()` alone. */

import { recordsOf } from "./peers/contenders/records.mjs";
import { decode, encode } from "../src/wire/codec/codec.ts";

let sink: unknown;
addEventListener("unload", () => sink);

function bench(group: string, name: string, run: () => unknown, baseline = false): void {
  Deno.bench({ group, name, baseline }, () => {
    sink = run();
  });
}

/** Plain values, which JSON can carry: what the codec costs beyond it. */
function benchPlain(group: string, value: unknown): void {
  bench(group, "JSON.stringify()", () => JSON.stringify(value), true);
  bench(group, "encode()", () => encode(value));
}

/** Values that travel in another form, beside the same as plain JSON. */
function benchTagged(group: string, value: unknown, plain: unknown): void {
  bench(group, "JSON.stringify() of plain values", () => JSON.stringify(plain), true);
  bench(group, "encode()", () => encode(value));
  const plainText = JSON.stringify(plain);
  const { text, parts } = encode(value);
  bench(`${group}, back`, "JSON.parse() of plain values", () => JSON.parse(plainText), true);
  bench(`${group}, back`, "JSON.parse(), decode()", () => decode(JSON.parse(text), true, parts));
}

const numbers = Array.from({ length: 100_000 }, (_, i) => i);
const records = recordsOf(1000);
const dated = records.map((record) => ({ ...record, at: new Date(record.id) }));
const datedByHand = records.map((record) => ({ ...record, at: new Date(record.id).toJSON() }));
const text = 'He said "so",\nand went.\n'.repeat(450_000);
const mixed = { when: new Date(0), bytes: new Uint8Array(10), list: [1, 2, 3], map: new Map([["a", 1]]) };
const mixedByHand = { when: new Date(0).toJSON(), bytes: Array(10).fill(0), list: [1, 2, 3], map: [["a", 1]] };
const failure = new TypeError("wrong", { cause: new Error("deeper") });
const failureByHand = { name: "TypeError", message: "wrong", stack: failure.stack, cause: "deeper" };

benchPlain("a number", 5);
benchPlain("a record of two", { a: 1, b: "x" });
benchTagged("100 000 numbers", numbers, numbers);
benchPlain("1000 records of 1 kB", records);
benchPlain("a text of 10 MB", text);
benchTagged("1000 records with a Date each", dated, datedByHand);
benchTagged("a Date, bytes and a Map", mixed, mixedByHand);
benchTagged("an error with a cause", failure, failureByHand);
bench("undefined", 'JSON.stringify("x")', () => JSON.stringify("x"), true);
bench("undefined", "encode()", () => encode(undefined));
