/** Unit tests of what is kept of a worker's output, against models that are simple and slow. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LinePrinter } from "../../../src/line_printer.ts";
import { OutputTail, WorkerPrints } from "../../../src/worker/streams/prints.ts";

const text = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 30 });
const encoder = new TextEncoder();
const decoder = new TextDecoder();

Deno.test("LinePrinter prints whole lines, and all of them, whatever the pieces are", () => {
  fc.assert(fc.property(fc.array(text, { maxLength: 20 }), (pieces) => {
    const printed: string[] = [];
    const printer = new LinePrinter((bytes) => void printed.push(decoder.decode(bytes)));
    let given = "";
    for (const piece of pieces) {
      printer.print(encoder.encode(piece));
      given += piece;
      assertEquals(printed.join(""), given.slice(0, given.lastIndexOf("\n") + 1));
    }
    printer.flush();
    assertEquals(printed.join(""), given);
  }));
});

Deno.test("LinePrinter prints a line without an end when 64 KiB are held, and byte by byte in linear time", () => {
  let printed = 0;
  const printer = new LinePrinter((bytes) => void (printed += bytes.length));
  const [one, count] = [new Uint8Array([120]), 300_000];
  for (let at = 0; at < count; at++) printer.print(one);
  assertEquals(printed, 4 * 64 * 1024);
  printer.flush();
  assertEquals(printed, count);
});

Deno.test("OutputTail begins with a whole character", () => {
  for (const extra of ["", "x", "xy", "xyz"]) {
    const tail = new OutputTail();
    tail.add(new TextEncoder().encode(`${"€😀é".repeat(2000)}${extra}`));
    assertEquals(tail.text, `${"€😀é".repeat(2000)}${extra}`.slice(-tail.text.length));
    assert(!tail.text.includes("\ufffd") && new TextEncoder().encode(tail.text).length > 8 * 1024 - 4);
  }
});

Deno.test("OutputTail keeps the last 8 KiB, whatever the pieces are", () => {
  const size = fc.oneof(fc.nat(10), fc.nat(9000), fc.nat(30_000));
  fc.assert(fc.property(fc.array(size, { maxLength: 12 }), (sizes) => {
    const tail = new OutputTail();
    let [all, at] = ["", 0];
    for (const length of sizes) {
      const piece = Array.from({ length }, () => String.fromCharCode(97 + at++ % 26)).join("");
      tail.add(encoder.encode(piece));
      all += piece;
      assertEquals(tail.text, all.slice(-8192));
    }
  }));
});

Deno.test("WorkerPrints prints what only begins as the line about memory does", async () => {
  const cases = [["corral-memory"], ["a corral", "-memory-2\n"], ["corral-memory-1 ", "x".repeat(100)], [
    "cor",
    "corral",
    "",
  ]];
  for (const chunks of cases) {
    let printed = "";
    const onPrinted = (_: 1 | 2, bytes: Uint8Array): void => void (printed += decoder.decode(bytes));
    const prints = new WorkerPrints({ passOutput: false, memoryMarker: "corral-memory-1", onPrinted });
    await prints.readStderr(ReadableStream.from(chunks.map((chunk) => encoder.encode(chunk))).getReader());
    assertEquals([prints.exceededMemory, printed, prints.tail], [undefined, chunks.join(""), chunks.join("")]);
  }
});

Deno.test("WorkerPrints finds what a worker says of its memory among other things that it prints, and prints only those", async () => {
  const [memoryMarker, line] = ["corral-memory-1", "corral-memory-1 300 200\n"];
  const cases: [chunks: string[], printed: string][] = [
    [[line], ""],
    [[`one\n${line}`], "one\n"],
    [["one\n", `corral-memory-${line}two`], "one\ncorral-memory-two"],
    [[`${"c".repeat(3000)}${line}`, "two"], `${"c".repeat(3000)}two`],
    // A read that is full ends anywhere.
    ...Array.from(line.slice(1), (_, at): [string[], string] => [
      [`one\nc${line.slice(0, at + 1)}`, `${line.slice(at + 1)}two`],
      "one\nctwo",
    ]),
    [["corral-", ...line], "corral-"],
  ];
  for (const [chunks, expected] of cases) {
    let printed = "";
    const onPrinted = (_: 1 | 2, bytes: Uint8Array): void => void (printed += decoder.decode(bytes));
    const prints = new WorkerPrints({ passOutput: false, memoryMarker, onPrinted });
    await prints.readStderr(ReadableStream.from(chunks.map((chunk) => encoder.encode(chunk))).getReader());
    assertEquals([prints.exceededMemory, printed, prints.tail], [
      { residentBytes: 300, limitBytes: 200 },
      expected,
      expected,
    ]);
  }
});
