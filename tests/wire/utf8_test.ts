/** Unit tests of how bytes become text. */
import { assertEquals, assertThrows } from "@std/assert";
import { textOfUtf8 } from "../../src/wire/framing/frame_format.ts";

const texts = ["", "plain", "é", "漢字", "🦕", "\ufeffmark first", "in\ufeffside", "\ufffd", "before \ufffd behind 🦕"];

Deno.test("textOfUtf8() gives the text back, with a byte order mark and the replacement character", () => {
  for (const text of texts) assertEquals(textOfUtf8(new TextEncoder().encode(text)), text);
});

const broken: Readonly<Record<string, readonly number[]>> = {
  "a byte that is never there": [97, 0xff, 98],
  "a continuation alone": [0x80],
  "an end that is missing": [97, 0xe6, 0xbc],
  "two bytes for one letter": [0xc1, 0x81],
  "half of a surrogate pair": [0xed, 0xa0, 0x80],
  "a number that no letter has": [0xf4, 0x90, 0x80, 0x80],
  "a replacement character before a broken byte": [0xef, 0xbf, 0xbd, 0xff],
};

for (const [what, bytes] of Object.entries(broken)) {
  Deno.test(`textOfUtf8() throws TypeError when there is ${what}`, () => {
    assertThrows(() => textOfUtf8(new Uint8Array(bytes)), TypeError);
  });
}
