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
