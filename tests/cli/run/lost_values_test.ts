// Unit, and end-to-end: no result loses without a word what JSON has no form for.
import { assertEquals, assertThrows } from "@std/assert";
import { refuseLostValues } from "../../../cli/runner/lost_values.ts";
import { corral } from "../../helpers/programs/corral.ts";

const refuse = (value: unknown): void => refuseLostValues(value, JSON.stringify(value));

Deno.test("refuseLostValues() names the first place at which something is lost, and what keeps it", () => {
  const lost: [value: unknown, told: string][] = [
    [new Map([[1, 2]]), "there is a Map at $, which JSON writes as {}; Object.fromEntries(map) makes an object of it"],
    [{ a: [1, new Set()] }, "there is a Set at $.a[1], "],
    [{ page: Promise.resolve(1) }, "there is a promise at $.page, which JSON writes as {}; await it"],
    [[{ error: new TypeError("x") }, new Map()], "there is an Error at $[0].error, "],
    [{ pattern: /x/ }, "there is a RegExp at $.pattern, "],
    [{ bytes: new ArrayBuffer(1) }, "there is an ArrayBuffer at $.bytes, "],
  ];
  for (const [value, told] of lost) assertThrows(() => refuse(value), TypeError, `Cannot write the result: ${told}`);
});

Deno.test("refuseLostValues() lets pass what JSON holds", () => {
  class Empty {}
  const kept = [
    {},
    [{}],
    { a: {}, b: "{}" },
    new Empty(),
    new Date(0),
    { at: new URL("http://a/") },
    Object.create(null),
  ];
  for (const value of [...kept, Object.assign(new Error("x"), { code: 1 }), { map: { toJSON: () => ({}) } }]) {
    refuse(value);
  }
  let deep: unknown = {};
  for (let n = 0; n < 1000; n++) deep = [deep];
  refuse(deep);
});

Deno.test("corral map fails a result with a promise that was not awaited, in every format", async () => {
  const text = "(n) => ({ n, page: n === 2 ? Promise.resolve(1) : {} })";
  for (const format of ["ndjson", "json", "lines", "csv"]) {
    const { code, stderr } = await corral(["map", "-q", "-e", text, "--out", format], { stdin: "1\n2\n3\n" });
    assertEquals([code, /record 2 .*there is a promise at \$\.page, .*; await it/.test(stderr)], [1, true], stderr);
  }
});
