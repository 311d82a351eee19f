// Unit.
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { PayloadTooLargeError, ProtocolError } from "../../src/errors.ts";
import { TaggedEncoder } from "../../src/wire/codec/encode.ts";
import { lineLimits } from "../../src/wire/codec/line_limits.ts";
import { LineReader } from "../../src/wire/codec/line_reader.ts";
import { LineWriter } from "../../src/wire/codec/line_writer.ts";
import { anySupported, recordFrom } from "./any_value.ts";
import { assertSameGraph } from "./same_graph.ts";

const LIMITS = lineLimits(256 * 1024 * 1024);

/** What a reader makes of bytes that come in pieces. */
function read(bytes: Uint8Array, pieceBytes = Infinity): unknown {
  const reader = new LineReader(bytes.length, LIMITS);
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.slice(at, at + pieceBytes));
  const { value, isDecoded } = reader.end();
  assertEquals(isDecoded, true);
  return value;
}

/** The lines of a tree, behind the sign that says it is decoded while they come. */
function readTree(...lines: string[]): unknown {
  return read(new TextEncoder().encode(["\x03", ...lines].map((line) => line + "\n").join("")));
}

/** What arrives of a value, whichever containers of its tree are opened. */
function throughTree(value: unknown, isOpened: () => boolean, pieceBytes: number): unknown {
  const encoder = new TaggedEncoder(undefined);
  const tree = encoder.encode(value, 0);
  fc.pre(!encoder.hasPartsBehind);
  const writer = LineWriter.ofTree(new Set(openable(tree, isOpened)));
  writer.write(tree);
  return read(writer.finishTree(0, false), pieceBytes);
}

/** Some of the containers of a tree: none lies in one that is not among them, as none is larger than what it lies in. */
function openable(node: unknown, isOpened: () => boolean, found: object[] = []): object[] {
  if (typeof node !== "object" || node === null || !isOpened()) return found;
  found.push(node);
  for (const item of Object.values(node)) openable(item, isOpened, found);
  return found;
}

Deno.test("a tree that is decoded while its lines come gives the same graph, whatever is opened and however the bytes are split", () => {
  fc.assert(
    fc.property(
      anySupported,
      anySupported,
      fc.integer({ min: 1, max: 40 }),
      fc.infiniteStream(fc.boolean()),
      (a, b, piece, opens) => {
        const value = [a, recordFrom([["$", a], ["b", b]]), new Map([[a, b], [[b], new Set([a, [b]])]]), b];
        assertSameGraph(throughTree(value, () => opens.next().value, piece), value);
        assertSameGraph(throughTree(a, () => opens.next().value, piece), a);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("a tree of which all is opened gives the same graph", () => {
  const cycle: unknown[] = [1n];
  cycle.push(
    cycle,
    new Map<unknown, unknown>([[cycle, cycle], ["k", { $: { $: [new Set([cycle])] } }]]),
    Object.assign(new Error("m"), { cycle }),
  );
  assertSameGraph(throughTree(cycle, () => true, 7), cycle);
  for (
    const value of [{}, [], new Map(), new Set(), { $: 1 }, { a: {}, b: [] }, [, 1n], new Error("m"), undefined, 1n]
  ) {
    assertSameGraph(throughTree(value, () => true, 1), value);
  }
});

Deno.test("a tree that was opened is as deep as one that was not", () => {
  const nest = (levels: number) => {
    let value: unknown = new Map();
    for (let level = 1; level < levels; level++) value = new Map([[level, value]]);
    return value;
  };
  assertSameGraph(throughTree(nest(900), () => true, 100), nest(900));
  const deep = Array.from({ length: 1002 }, () => ["{", '{"$":"map"}', '"v"', "[", "[1]"]).flat();
  assertThrows(() => readTree(...deep), ProtocolError, "deeper than 1000");
});

const hostile: [what: string, lines: string[]][] = [
  ["nothing", []],
  ["two values", ["1", "2"]],
  ["an open list", ["["]],
  ["an open object of which nothing is known", ["{"]],
  ["an open error", ["{", '{"$":"error"}']],
  ["a bracket too many", ["[", "]", "]"]],
  ["a list that is closed as an object", ["[", "}"]],
  ["an object that is closed as a list", ["{", "]"]],
  ["an object that is closed as a list when it has fields", ["{", '{"a":1}', "]"]],
  ["a Map that is closed as an object", ["{", '{"$":"map"}', '"v"', "[", "}", "}"]],
  ["an error that is closed as a list", ["{", '{"$":"error","c":"Error"}', "]"]],
  ["a key without a value", ["{", '"a"', "}"]],
  ["a value without a key", ["{", "[", "]", "}"]],
  ["a value without a key behind fields", ["{", '{"a":1}', "[", "]", "}"]],
  ["two items for a key", ["{", '"a"', "[1,2]", "}"]],
  ["items in an object", ["{", "[1]", "}"]],
  ["null in an object", ["{", "null", "}"]],
  ["fields in a list", ["[", '{"a":1}', "]"]],
  ["a tag behind a field", ["{", '{"a":1}', '{"$":"map"}', "}"]],
  ["a tag behind a key", ["{", '"a"', "[1]", '"$"', "[1]", "}"]],
  ["a long text as a tag", ["{", '"$"', '["map"]', "}"]],
  ["a Map of nothing", ["{", '{"$":"map"}', "}"]],
  ["a Map whose entries are named otherwise", ["{", '{"$":"map"}', '"w"', "[", "]", "}"]],
  ["a Map whose entries have no name", ["{", '{"$":"map"}', "[", "]", "}"]],
  ["a Map of an object", ["{", '{"$":"map"}', '"v"', "{", '{"a":1}', "}", "}"]],
  ["a Map of a line", ["{", '{"$":"map"}', '"v"', "[[1,2]]", "}"]],
  ["a Map of half an entry", ["{", '{"$":"map"}', '"v"', "[", "[1,2,3]", "]", "}"]],
  ["a Map with two lists of entries", ["{", '{"$":"map"}', '"v"', "[", "]", '"v"', "[", "]", "}"]],
  ["a Set with fields", ["{", '{"$":"set"}', '{"v":[1]}', "}"]],
  ["an object tag of a list", ["{", '{"$":"object"}', '"v"', "[", "]", "}"]],
  ["an unknown tag", ["{", '{"$":"what"}', "}"]],
  ["a tag of no text", ["{", '{"$":1}', "}"]],
  ["a tag that every object has", ["{", '{"$":"toString"}', '"v"', "[", "]", "}"]],
  ["bytes, which are not there yet", ['{"$":"binary","k":"Uint8Array","p":0}']],
  ["a shared object, that this reader cannot make", ['{"$":"handle","v":[1]}']],
  ["lines in lines", ['{"$":"lines"}']],
  ["what comes later", ["[", '[{"$":"ref","v":1}]', "]"]],
  ["a second sign", ["\x03", "1"]],
  ["a sign behind a bracket", ["[", "\x03", "]"]],
];

for (const [what, lines] of hostile) {
  Deno.test(`a tree is refused that is ${what}`, () => {
    assertThrows(() => readTree(...lines), ProtocolError);
  });
}

Deno.test("a line of a tree costs no more than a tree that is decoded at once", () => {
  const dates = `[${
    Array.from({ length: 9000 }, () => '{"$":"error","c":"Error","n":"","m":"","s":null,"f":[]}').join()
  }]`;
  assertThrows(() => readTree("[", dates.slice(0, 240_000).replace(/,[^}]*$/, "]"), "]"), Error);
  const map = ["{", '{"$":"error","c":"Error","n":"","m":"","s":null}', '"f"', "["];
  const fields = `[${Array.from({ length: 5000 }, (_, key) => `"k${key}",1`).join()}]`;
  assertThrows(() => readTree(...map, ...Array(5).fill(fields), "]", "}"), PayloadTooLargeError, "objects");
});
