// Unit, and end-to-end: no result loses without a word what JSON has no form for.
import { assertEquals, assertThrows } from "@std/assert";
import { refuseLostValues } from "../../../cli/runner/lost_values.ts";
import { mapInTurn } from "../../helpers/programs/in_turn.ts";

const refuse = (value: unknown): void => refuseLostValues(value, JSON.stringify(value));

Deno.test("refuseLostValues() names the first place at which something is lost, and what keeps it", () => {
  const lost: [value: unknown, told: string][] = [
    [new Map([[1, 2]]), "JSON has no form for the Map at $, Object.fromEntries(map) makes an object of it"],
    [{ a: [1, new Set()] }, "JSON has no form for the Set at $.a[1], "],
    [{ page: Promise.resolve(1) }, "JSON has no form for the Promise at $.page, await it"],
    [[{ error: new TypeError("x") }, new Map()], "JSON has no form for the Error at $[0].error, "],
    [{ pattern: /x/ }, "JSON has no form for the RegExp at $.pattern, "],
    [{ bytes: new ArrayBuffer(1) }, "JSON has no form for the ArrayBuffer at $.bytes, "],
    [new Response("x"), "JSON has no form for the Response at $, await its text() or json()"],
    [{ all: [1].values() }, "JSON has no form for the Array Iterator at $.all, wanted plain objects"],
  ];
  for (const [value, told] of lost) assertThrows(() => refuse(value), TypeError, `Cannot write the result: ${told}`);
});

Deno.test("refuseLostValues() lets pass what JSON holds", () => {
  class Empty {}
  const kept = [
    new Uint8Array(),
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
  const formats = ["ndjson", "json", "lines", "csv"];
  const runs = formats.map((format) => ["1\n2\n3\n", ["-q", "-e", text, "--out", format]] as const);
  for (const { code, stderr } of await mapInTurn(runs)) {
    assertEquals(
      [code, /record 2 .*JSON has no form for the Promise at \$\.page, await it/.test(stderr)],
      [1, true],
      stderr,
    );
  }
});
