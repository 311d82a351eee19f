/** Unit tests of how values are shown in messages. */
import { assertEquals } from "@std/assert";
import { FailureGroups } from "../src/dashboard/failure_groups.ts";
import { thrownText } from "../src/shown.ts";

function doubled(): unknown {
  let value: unknown = [0];
  for (let n = 0; n < 45; n++) value = [value, value];
  return value;
}

Deno.test("thrownText() is what String() gives, where that is quick, and never throws", () => {
  for (const value of ["text", 7, true, null, undefined, {}, [], [1, "a", null], new Date(0), /a/]) {
    assertEquals(thrownText(value), String(value));
  }
  const texts: [value: unknown, text: string][] = [
    [doubled(), "an array"],
    [[[1]], "an array"],
    [Array(1000).fill(1), "an array"],
    [{ toString: 1, valueOf: 2 }, "an object"],
    [2n ** 1_000_000n, "a long bigint"],
    [12n, "12n"],
  ];
  for (const [value, text] of texts) assertEquals(thrownText(value), text);
});

Deno.test("FailureGroups takes anything that was thrown", () => {
  const groups = new FailureGroups();
  for (const thrown of [doubled(), { toString: 1 }, "text", new Error("x".repeat(1_000_000))]) groups.add(thrown, 1);
  assertEquals(groups.views().map(({ shape }) => shape.length), [8, 9, 4, 300]);
});
