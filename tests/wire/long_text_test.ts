/** Unit tests of long strings, which are written and read piece by piece, and of what regular expressions may cost. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { EncodingError, ProtocolError } from "../../src/errors.ts";
import { decode, encode } from "../../src/wire/codec/codec.ts";
import { giveBack, LineWriter } from "../../src/wire/codec/line_writer.ts";
import { LongText } from "../../src/wire/codec/long_text.ts";
import { MAX_REGEXP_COST, regexpCost } from "../../src/wire/codec/tags.ts";

const encoder = new TextEncoder();

/** Reads what stands between the quotes, in pieces of these sizes, over and over. */
function readPieces(content: string, sizes: readonly number[]): string {
  const bytes = encoder.encode(content);
  const text = new LongText();
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    text.push(bytes.subarray(at, at + size));
    at += size;
  }
  return text.end();
}

const unit = fc.constantFrom("a", "é", "漢", "\u{1f600}", "\\", '"', "\n", "\u0001", "\ud800", "\udc00", "u", "/");

/** The line of a long string. */
function lineOf(text: string): string {
  const writer = new LineWriter(new Set());
  writer.write(text);
  const line = writer.finish();
  const written = new TextDecoder("utf-8", { fatal: true }).decode(line);
  giveBack([line]);
  return written;
}

Deno.test("LineWriter writes a long string as JSON.stringify() does, wherever its pieces end", () => {
  const any = fc.string({ unit, minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 8 }), fc.constantFrom("a", "漢"), any, any, (shift, filler, some, last) => {
      // Pieces end after 16 Ki units: here within what is random.
      const text = filler.repeat(16 * 1024 - shift) + some + filler.repeat(16 * 1024 - some.length) + some + last;
      assertEquals(lineOf(text), `${JSON.stringify(text)}\n`);
    }),
  );
});

Deno.test("LineWriter makes room for a long string that is wider the longer it is", () => {
  const text = ["a", "é", "漢", "\u{1f600}", "\u0001"].map((each) => each.repeat(300_000)).join("");
  assertEquals(lineOf(text), `${JSON.stringify(text)}\n`);
});

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });

Deno.test("LongText gives the string, however it is escaped and wherever it is cut", () => {
  fc.assert(fc.property(fc.string({ unit, maxLength: 60 }), sizes, (sent, pieces) => {
    assertEquals(readPieces(JSON.stringify(sent).slice(1, -1), pieces), sent);
    const escaped = Array.from(
      { length: sent.length },
      (_, at) => `\\u${sent.charCodeAt(at).toString(16).padStart(4, "0")}`,
    );
    assertEquals(readPieces(escaped.join(""), pieces), sent);
  }));
});

Deno.test("LongText refuses what JSON.parse() refuses, wherever it is cut", () => {
  for (const content of ['a"b', "a\nb", "\\x", "\\u12", "\\", "\\\\\\", "ab\\u00zz", '","', '"']) {
    for (const pieces of [[1], [2], [3, 1], [100]]) {
      assertThrows(() => readPieces(content, pieces), ProtocolError, "not JSON");
    }
  }
  const text = new LongText();
  assertThrows(() => text.push(new Uint8Array([97, 0xff])), ProtocolError, "UTF-8");
});

const COSTLY = ["[\\p{L}--\\p{Lu}]".repeat(50), "\\p{RGI_Emoji}".repeat(6), "\\P{L}".repeat(80), "[^a]\\w".repeat(300)];

Deno.test("encode() and decode() refuse regular expressions that are costly to build, alone and together", () => {
  for (const source of COSTLY) {
    assert(regexpCost(source, "iv") > MAX_REGEXP_COST, source.slice(0, 20));
    assertThrows(
      () => encode([new RegExp(source, "v")]),
      EncodingError,
      "$[0]: regular expressions with many Unicode sets",
    );
    const node = { $: "regexp", v: source, f: "v" };
    assertThrows(() => decode(node, true, []), ProtocolError, "its regular expressions are too costly");
  }
  const small = { $: "regexp", v: "\\p{L}", f: "u" };
  assertThrows(() => decode(Array.from({ length: 80 }, () => ({ ...small })), true, []), ProtocolError, "too costly");
});

Deno.test("encode() and decode() take regular expressions that people write", () => {
  const written = [
    /^\p{L}[\p{L}\p{N}_-]*$/u,
    /[\p{Emoji}--\d]/v,
    /\p{RGI_Emoji}/v,
    new RegExp("(a|b)".repeat(9000)),
    /\[(\w+)\]/gi,
  ];
  const { text, tagged, parts } = encode(written);
  assertEquals(decode(JSON.parse(text), tagged, [...parts]), written);
});
