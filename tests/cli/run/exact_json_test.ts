// Unit: whole numbers of any length keep their digits, and others are doubles.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { exactText, mayLoseDigits, parseExact } from "../../../cli/runner/exact_json.ts";

/** Around the 16 digits from which on a double may not do. */
const wholeNumber = fc.tuple(
  fc.constantFrom("", "-"),
  fc.integer({ min: 1, max: 9 }),
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 10, maxLength: 24 }),
).map(([sign, first, rest]) => sign + first + rest.join(""));

const otherText = fc.constantFrom("", "0.7914459878085340", "user 12345", "e", "1e5", "2026-11-29T04:41:26.123456Z");

Deno.test("exactText() gives whole numbers back digit by digit, wherever they stand in a text", () => {
  fc.assert(
    fc.property(wholeNumber, otherText, fc.nat(40), (number, other, blanks) => {
      const texts = [number, `[${number}]`, `{"a":${JSON.stringify(other)},"b":${number},"c":[${number},1]}`];
      for (const text of texts) assertEquals(exactText(parseExact(" ".repeat(blanks) + text)), text);
    }),
  );
});

Deno.test("mayLoseDigits() sees each number that a double does not hold, and no number with a fraction", () => {
  fc.assert(
    fc.property(wholeNumber, otherText, fc.nat(40), (number, other, blanks) => {
      const isLost = BigInt(Number(number)) !== BigInt(number);
      const text = `${" ".repeat(blanks)}${number}`;
      if (isLost) assertEquals([mayLoseDigits(text), mayLoseDigits(`${other} ${text},${other}`)], [true, true]);
      assertEquals(mayLoseDigits(`${other} 1.${number.replace("-", "")}`), false);
    }),
  );
  for (const text of ["1e400", "1E400", "1e+400", "[2,1.5e+0309]", "-1e999"]) assertEquals(mayLoseDigits(text), true);
  for (const text of ["1e-400", "17", '"1e4"', "1.7976931348623157"]) assertEquals(mayLoseDigits(text), false);
});
