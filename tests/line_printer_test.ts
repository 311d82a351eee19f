// Unit: lines leave whole, whatever the pieces are that they come in.
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LinePrinter } from "../src/line_printer.ts";

const text = fc.array(fc.constantFrom("a", "bc", "é", "\n", "\n\n", "x".repeat(40)), { maxLength: 60 }).map((parts) =>
  parts.join("")
);

Deno.test("LinePrinter.print() hands on all bytes in order, in pieces that end with a line", () => {
  fc.assert(
    fc.property(text, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (all, sizes) => {
      const bytes = new TextEncoder().encode(all);
      const written: Uint8Array[] = [];
      const printer = new LinePrinter((piece) => written.push(piece.slice()));
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const end = at + sizes[turn % sizes.length]!;
        printer.print(bytes.subarray(at, end));
        at = end;
      }
      const lines = written.length;
      printer.flush();
      printer.flush();
      assert(written.slice(0, lines).every((piece) => piece.at(-1) === 10));
      assert(written.length <= lines + 1);
      assertEquals(new TextDecoder().decode(Uint8Array.from(written.flatMap((piece) => [...piece]))), all);
    }),
  );
});

Deno.test("LinePrinter.print() does not hold a line without end", () => {
  const sizes: number[] = [];
  const printer = new LinePrinter(({ length }) => sizes.push(length));
  for (let piece = 0; piece < 100; piece++) printer.print(new Uint8Array(10_000).fill(120));
  printer.flush();
  assertEquals(sizes.reduce((sum, size) => sum + size), 1_000_000);
  assert(Math.max(...sizes) < 80_000);
});

Deno.test("LinePrinter.print() does not part a character of a line without end, whatever the pieces are that it comes in", () => {
  const all = "é€😀x".repeat(60_000);
  const bytes = new TextEncoder().encode(all);
  for (const size of [1, 7, 4096, 65_533, 65_536, 100_001, bytes.length]) {
    const written: string[] = [];
    const printer = new LinePrinter((piece) => written.push(new TextDecoder("utf-8", { fatal: true }).decode(piece)));
    for (let at = 0; at < bytes.length; at += size) printer.print(bytes.subarray(at, at + size));
    assert(written.length > (size === bytes.length ? 0 : 5));
    printer.flush();
    assert(written.join("") === all);
  }
});

Deno.test("LinePrinter.print() hands on bytes that are not UTF-8 as they are", () => {
  for (const byte of [0x80, 0xc3, 0xe2, 0xf0, 0xff]) {
    const bytes = new Uint8Array(200_000).fill(byte);
    const written: number[] = [];
    const printer = new LinePrinter((piece) => written.push(piece.length));
    for (let at = 0; at < bytes.length; at += 999) printer.print(bytes.subarray(at, at + 999));
    printer.flush();
    assertEquals(written.reduce((sum, size) => sum + size), bytes.length);
    assert(Math.max(...written) < 80_000);
  }
});
