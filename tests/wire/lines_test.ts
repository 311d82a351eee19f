// Unit.
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { PayloadTooLargeError, ProtocolError } from "../../src/errors.ts";
import { decode, encode, encodeToSend } from "../../src/wire/codec/codec.ts";
import { encodeItems } from "../../src/wire/codec/items_encoder.ts";
import { type LineLimits, lineLimits, receiverLimits, requireLinesFit } from "../../src/wire/codec/line_limits.ts";
import { LineReader } from "../../src/wire/codec/line_reader.ts";
import { giveBack, LineWriter } from "../../src/wire/codec/line_writer.ts";
import { LinePart } from "../../src/wire/framing/line_part.ts";
import {
  BIGINT_COST,
  DIGITS_PER_COST,
  ERROR_COST,
  ERROR_FIELD_COST,
  MAX_TREE_COST,
  SPARSE_ITEM_COST,
} from "../../src/wire/codec/tags.ts";
import { arrived, roundTrip } from "./round_trip.ts";
import { assertSameGraph } from "./same_graph.ts";

const LIMITS = lineLimits(256 * 1024 * 1024);
const encoder = new TextEncoder();

/** What a reader makes of bytes that come in pieces. */
function read(bytes: Uint8Array, pieceBytes = Infinity, limits: LineLimits | undefined = LIMITS): unknown {
  const reader = new LineReader(bytes.length, limits);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const reused = bytes.slice(at, at + pieceBytes);
    reader.push(reused);
    reused.fill(0xff);
  }
  return reader.end().value;
}

function readText(...lines: string[]): unknown {
  return read(encoder.encode(lines.map((line) => line + "\n").join("")));
}

/** Containers inside a value, the value itself included. */
function containersIn(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== "object" || value === null) return found;
  found.add(value);
  for (const item of Object.values(value)) containersIn(item, found);
  return found;
}

Deno.test("LineReader gives what LineWriter was given, whatever is opened and however the bytes are split", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom("\n", "[", "]", "{", "__proto__"));
  const value = fc.jsonValue({ maxDepth: 5, stringUnit: "binary" });
  const any = fc.oneof(
    value,
    fc.array(value, { maxLength: 30 }),
    fc.dictionary(text, value, { noNullPrototype: true }),
  );
  fc.assert(
    fc.property(any, fc.integer({ min: 1, max: 40 }), fc.infiniteStream(fc.boolean()), (plain, pieceBytes, opens) => {
      const opened = [...containersIn(plain)].filter(() => opens.next().value);
      const writer = new LineWriter(new Set(opened));
      writer.write(plain);
      assertEquals(read(writer.finish(), pieceBytes), JSON.parse(JSON.stringify(plain)));
    }),
  );
});

const long = "é\n".repeat(20_000);
const records = Array.from(
  { length: 300 },
  (_, id) => ({ id, name: `record ${id}`, tags: ["a", "b"], text: "x".repeat(300) }),
);

const large: Record<string, unknown> = {
  "a list of records": records,
  "a record of lists": { count: 300, records, more: { nested: [records.map((record) => ({ ...record, tags: [] }))] } },
  "a long string": long,
  "long strings in lists and records": [long, { a: long + 1, b: [long, 1, long] }, "short", [long]],
  "long keys": { [long]: 1, [long + 1]: long, [long + 2]: [], [long + 3]: {}, short: [1] },
  "many keys": Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`key ${n}`, n])),
  "many short items": Array.from({ length: 30_000 }, (_, n) => (n % 3 === 0 ? null : n % 3 === 1 ? `${n}` : [n])),
  "items that are suddenly long": [
    ...Array(5000).fill(1),
    ...Array(50).fill("y".repeat(30_000)),
    ...Array.from({ length: 5000 }, () => []),
  ],
  "what escapes make long": Array.from({ length: 20 }, () => "\u0001".repeat(20_000)),
  "one text that escapes make long": "\u0001".repeat(20_000),
  "lone surrogates": ["\ud800".repeat(40_000), "\udc00".repeat(10)],
  "__proto__ as a key": { a: long, ["__proto__"]: [long], b: { ["__proto__"]: 1 } },
  "brackets": ["[", "]", "{", "}", long, "[", ...Array(9000).fill("]")],
  "empty containers": [...Array(20_000).fill([]), ...Array(20_000).fill({})].map((item) =>
    Array.isArray(item) ? [] : {}
  ),
};
for (const [what, value] of Object.entries(large)) {
  Deno.test(`encode() sends ${what} as lines, and decode() gives the same`, () => {
    const encoded = encode(value);
    assertEquals([encoded.text, encoded.parts.length], ['{"$":"lines"}', 1]);
    assertInstanceOf(encoded.parts[0], LinePart);
    for (const pieceBytes of [7, 1000, 65_536]) assertEquals(arrived(encoded, pieceBytes), value);
  });
}

Deno.test("encode() keeps identity, dates and bytes in a large value", () => {
  const shared = { text: "s".repeat(1000) };
  const rows = records.map((record) => ({
    ...record,
    when: new Date(record.id),
    shared,
    bytes: new Uint8Array([1, 2]),
  }));
  const value = { rows, again: rows, numbers: [NaN, undefined, 1n] };
  assertSameGraph(roundTrip(value), value);
});

Deno.test("encode() keeps identity across the items of a list, encodeItems() within each only", () => {
  const shared = { text: "s".repeat(1000) };
  const items = Array.from({ length: 100 }, () => [shared, shared]);
  const whole = roundTrip(items) as unknown[][];
  assertStrictEquals(whole[0]![0], whole[99]![1]);
  const apart = arrived(encodeItems(Array.from({ length: 100 }, () => [shared])), Infinity) as unknown[][];
  assert(apart[0]![0] !== apart[99]![0]);
  assertEquals(apart[99], [shared]);
  const within = arrived(encodeItems(items), Infinity) as unknown[][];
  assertStrictEquals(within[7]![0], within[7]![1]);
});

Deno.test("encodeItems() gives what encode() gives for what is not plain or short", () => {
  const items = [[1, "a", null], Array.from({ length: 1000 }, (_, n) => n), [new Date(1), undefined], [{ a: 1 }]];
  for (const list of items) assertEquals(arrived(encodeItems(list), Infinity), list);
});

Deno.test("encodeItems() gives back a large list, wherever in it an item is not plain", () => {
  const rows = (): unknown[] => Array.from({ length: 500 }, (_, id) => ({ id, text: "r".repeat(300) }));
  for (const at of [0, 1, 250, 499]) {
    const items = rows();
    items[at] = { when: new Date(at), cyclic: undefined as unknown };
    (items[at] as { cyclic: unknown }).cyclic = items[at];
    assertSameGraph(arrived(encodeItems(items), Infinity), items);
  }
});

Deno.test("encode() sends own fields only, whatever Object.prototype has been given", () => {
  const rows = Array.from({ length: 500 }, (_, id) => ({ id, text: "r".repeat(300) }));
  for (const inherited of ["a text", () => {}, {}]) {
    Object.defineProperty(Object.prototype, "inherited", { value: inherited, enumerable: true, configurable: true });
    try {
      const there = [roundTrip(rows), arrived(encodeItems(rows), Infinity)] as { text: string }[][];
      for (const list of there) {
        assertEquals(list.map((row) => Object.keys(row).join()), rows.map(() => "id,text"));
        assertEquals(list[499]!.text, rows[499]!.text);
      }
    } finally {
      delete (Object.prototype as { inherited?: unknown }).inherited;
    }
  }
});

Deno.test("a getter that encodes while a value is written does not disturb it", () => {
  let nested: unknown;
  const value = {
    records,
    get more(): number {
      nested = roundTrip(large["a record of lists"]);
      return 1;
    },
  };
  assertEquals(roundTrip(value), { records, more: 1 });
  assertEquals(nested, large["a record of lists"]);
});

// Hostile lines

const hostile: [what: string, lines: string[]][] = [
  ["nothing", []],
  ["two values", ["1", "2"]],
  ["something behind the end", ["[", "]", "1"]],
  ["an open list", ["["]],
  ["a bracket too many", ["[", "]", "]"]],
  ["a list that is closed as a record", ["[", "}"]],
  ["a record that is closed as a list", ["{", "]"]],
  ["a key without a value", ["{", '"a"', "}"]],
  ["a value without a key", ["{", "[", "]", "}"]],
  ["two items for a key", ["{", '"a"', "[1,2]", "}"]],
  ["a number for a key", ["{", '"a"', "1", "}"]],
  ["fields for a key", ["{", '"a"', '{"a":1}', "}"]],
  ["fields in a list", ["[", '{"a":1}', "]"]],
  ["items in a record", ["{", "[1]", "}"]],
  ["a number in a list", ["[", "1", "]"]],
  ["null in a record", ["{", "null", "}"]],
  ["no JSON", ["[", "[1", "]"]],
  ["an empty line", ["", ""]],
];

for (const [what, lines] of hostile) {
  Deno.test(`LineReader refuses ${what}`, () => {
    assertThrows(() => readText(...lines), ProtocolError, "Cannot read value: ");
  });
}

Deno.test("LineReader refuses bytes that are not UTF-8, and a line that does not end", () => {
  assertThrows(() => read(new Uint8Array([34, 0xff, 34, 10])), ProtocolError, "UTF-8");
  assertThrows(() => read(encoder.encode("[\n[1]\n]")), ProtocolError, "end too early");
});

Deno.test("LineReader refuses a long line unless it is one string, from its beginning alone", () => {
  const many = encoder.encode("[" + "{},".repeat(100_000));
  assertThrows(() => read(many, 65_536), ProtocolError, "a line of more than 262144 bytes");
  const disguised = encoder.encode(`"a",${"{},".repeat(200_000)}"b"\n`);
  assertThrows(() => read(disguised, 65_536), ProtocolError, "not JSON");
  const string = encoder.encode(`"${"x".repeat(900_000)}"\n`);
  assertEquals((read(string, 65_536) as string).length, 900_000);
  const limits = { ...LIMITS, maxStringBytes: 500_000 };
  assertThrows(() => read(string, 65_536, limits), PayloadTooLargeError, "raise maxFrameBytes");
});

Deno.test("LineReader refuses values that take too much memory, and the sender finds the same", () => {
  const limits = { maxStringBytes: 1e6, maxValueBytes: 1e6 };
  const costly: Record<string, unknown> = {
    "empty objects": Array.from({ length: 40_000 }, () => ({})),
    "empty lists": Array.from({ length: 40_000 }, () => []),
    "new keys": Array.from({ length: 10_000 }, (_, n) => ({ [`k${n}`]: 1 })),
    "keys of one record": Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, 1])),
  };
  for (const [what, value] of Object.entries(costly)) {
    const [part] = encode(value).parts;
    assertThrows(() => read(part!, 65_536, limits), PayloadTooLargeError, "values that take about", what);
    assertThrows(() => requireLinesFit(part as LinePart, limits), PayloadTooLargeError, "Cannot send message", what);
    assertEquals(read(part!, 65_536), value);
  }
});

Deno.test("what the sender lets go the receiver takes, whatever the limits and the pieces", () => {
  const text = fc.nat(90_000).map((length) => "é,".repeat(length / 2));
  const value = fc.oneof(
    fc.array(fc.record({ id: fc.nat(), text }, { noNullPrototype: true }), { maxLength: 10 }),
    fc.nat(20_000).map((length) => Array.from({ length }, (_, n) => [n, {}])),
    text,
  );
  const limits = fc.record({ maxStringBytes: fc.nat(90_000), maxValueBytes: fc.nat(400_000) });
  fc.assert(
    fc.property(value, limits, fc.integer({ min: 500, max: 300_000 }), (sent, limit, pieceBytes) => {
      const [part] = encode(sent).parts;
      if (part === undefined) return;
      try {
        requireLinesFit(part as LinePart, limit);
      } catch (error) {
        return assertInstanceOf(error, PayloadTooLargeError);
      }
      assertEquals(read(part, pieceBytes, limit), sent);
    }),
    { numRuns: 60 },
  );
});

Deno.test("receiverLimits() leaves most of a small heap to the program", () => {
  assertEquals(receiverLimits(2 ** 28, Infinity), lineLimits(2 ** 28));
  assertEquals(receiverLimits(2 ** 28, 2 ** 28).maxValueBytes, 2 ** 26);
  assertEquals(receiverLimits(2 ** 28, 1).maxValueBytes, 2 ** 25);
});

Deno.test("LineReader refuses what is nested too deep, in a line or by brackets", () => {
  const deep = "[".repeat(3000) + "]".repeat(3000);
  assertThrows(() => readText("[", `[${deep}]`, "]"), ProtocolError, "nested deeper than 1000 levels");
  assertThrows(() => readText(...Array(2100).fill("[")), ProtocolError, "nested deeper than 1000 levels");
});

Deno.test("LineReader refuses a long line of more values than are written in one, and takes one long text", () => {
  const text = ",".repeat(20_000) + "\0".repeat(12_000);
  assertEquals(readText("[", JSON.stringify([text]), "]"), [text]);
  for (const value of ["{},", "[],", "0,", '{"":0},']) {
    const line = `[${value.repeat(200 * 1024 / value.length)}0]`;
    assertThrows(() => readText("[", line, "]"), ProtocolError, "more than 40960 values", value);
  }
});

Deno.test("what encode() writes into one line has few enough values, whatever it is", () => {
  const dear = [
    "\0".repeat(30_000),
    ",".repeat(32_000),
    Array(10_000).fill({}),
    Array(10_000).fill(true),
    Array(4000).fill(1.7976931348623157e308),
    Object.fromEntries(Array.from({ length: 4000 }, (_, n) => [`\x01${n}`, ""])),
  ];
  for (const item of dear) {
    for (const value of [[item, 0, item], { item }, [[item], [item]]]) {
      const copy = JSON.parse(JSON.stringify(Array(5).fill(value)));
      assertEquals(roundTrip(copy), copy);
      assertEquals(arrived(encodeItems(copy), 65_536), copy);
    }
  }
});

Deno.test("decode() refuses lines that are not a part of lines", () => {
  assertThrows(() => decode({ $: "lines" }, true, []), ProtocolError, "its lines are missing");
  assertThrows(() => decode({ $: "lines" }, true, [new Uint8Array(3)]), ProtocolError, "its lines are missing");
  assertThrows(() => decode([{ $: "lines" }], true, []), ProtocolError, "unknown tag");
});

const dear: Record<string, (n: number) => unknown> = {
  dates: (n) => Array.from({ length: n }, () => new Date(1)),
  "URLs": (n) => Array.from({ length: n / 13 }, () => new URL("a:b")),
  errors: (n) => Array.from({ length: n / (ERROR_COST + 1) }, () => Object.assign(new Error("m"), { stack: "s" })),
  "fields of an error": (n) =>
    Object.assign(
      new Error("m"),
      Object.fromEntries(Array.from({ length: n / ERROR_FIELD_COST }, (_, key) => [`k${key}`, 1])),
    ),
  "entries of a Map": (n) => new Map(Array.from({ length: n / 2 }, (_, key) => [key, 1])),
  "items of a Set": (n) => new Set(Array.from({ length: n }, (_, key) => key)),
  bigints: (n) => Array.from({ length: n / BIGINT_COST }, (_, key) => BigInt(key)),
  "keys of one object": (n) =>
    Object.fromEntries(Array.from({ length: n }, (_, key) => [`k${key}`, key === 0 ? new Date(1) : key])),
  "items among holes": (n) =>
    Object.assign(new Array(n), Array.from({ length: n / SPARSE_ITEM_COST }, (_, key) => key)),
};

Deno.test("decode() refuses a large tree of too many objects that has bytes behind it, and the sender finds the same", () => {
  const withBytes = (value: unknown) => encode([value, new Uint8Array(1)]);
  for (const [what, make] of Object.entries(dear)) {
    const most = `${MAX_TREE_COST}`;
    const tooMany = withBytes(make(MAX_TREE_COST + 1000));
    assertThrows(() => requireLinesFit(tooMany.parts[0] as LinePart, LIMITS), PayloadTooLargeError, most, what);
    assertThrows(() => arrived(tooMany, 65_536), PayloadTooLargeError, most, what);
    const some = withBytes(make(MAX_TREE_COST - 1000));
    requireLinesFit(some.parts[0] as LinePart, LIMITS);
    arrived(some, 65_536);
  }
});

Deno.test("decode() refuses one error, one list with holes and one bigint that cost too much at once, and the sender finds the same", () => {
  const wholes: Record<string, unknown> = {
    error: [dear["fields of an error"]!(MAX_TREE_COST + 1000)],
    "error with an error": new Error("m", { cause: dear["entries of a Map"]!(MAX_TREE_COST) }),
    "list with holes": new Map([[1, dear["items among holes"]!(MAX_TREE_COST + 1000)]]),
    bigint: { big: 1n << BigInt(4 * DIGITS_PER_COST * MAX_TREE_COST) },
  };
  for (const [what, value] of Object.entries(wholes)) {
    const encoded = encode(value);
    assertThrows(() => requireLinesFit(encoded.parts[0] as LinePart, LIMITS), PayloadTooLargeError, "100000", what);
    assertThrows(() => arrived(encoded, 65_536), PayloadTooLargeError, "100000", what);
  }
});

Deno.test("what an error has in fields that cannot travel costs its receiver nothing", () => {
  const hidden = [...Array.from({ length: MAX_TREE_COST + 1000 }, () => ({})), () => {}];
  const error = Object.assign(new Error("m"), { hidden, log: "long ".repeat(10_000) });
  const encoded = encode(error);
  requireLinesFit(encoded.parts[0] as LinePart, LIMITS);
  assertEquals(Object.keys(arrived(encoded, 65_536) as Error), ["log"]);
});

for (const [what, make] of Object.entries(dear)) {
  // These are there as a whole only when they are closed.
  if (what === "fields of an error" || what === "items among holes") continue;
  Deno.test(`a tree of any number of ${what} is decoded while its lines come`, () => {
    const value = make(3 * MAX_TREE_COST);
    const sent = encode(value);
    requireLinesFit(sent.parts[0] as LinePart, LIMITS);
    const again = encode(arrived(sent, 50_001));
    // A diff of so many would take hours.
    assert(Buffer.compare(again.parts[0]!, sent.parts[0]!) === 0);
    if (!Array.isArray(value)) return;
    const inSteps = encodeItems(value);
    requireLinesFit(inSteps.parts[0] as LinePart, LIMITS);
    assert(Buffer.compare(encode(arrived(inSteps, 50_001)).parts[0]!, sent.parts[0]!) === 0);
  });
}

Deno.test("what was encoded lies in memory of its own, of just its size", () => {
  const first = encode([records]);
  const bytes = first.parts[0]!.slice();
  giveBack(first.parts);
  encode([records.toReversed()]);
  assertEquals(first.parts[0], bytes);
  assertEquals(first.parts[0]!.buffer.byteLength, bytes.length);
});

Deno.test("what was encoded to be sent is written over when it was given back, and by one value only", () => {
  for (const encodeOne of [encodeToSend, (value: unknown) => encodeItems(value as unknown[])]) {
    const [first, second] = [encodeOne(records), encodeOne(records)];
    const memoryOf = ({ parts }: typeof first) => parts[0]!.buffer;
    assert(memoryOf(first) !== memoryOf(second));
    giveBack(first.parts);
    giveBack(first.parts);
    const [third, fourth] = [encodeOne(records), encodeOne(records)];
    assertStrictEquals(memoryOf(third), memoryOf(first));
    assertEquals(new Set([second, third, fourth].map(memoryOf)).size, 3);
    assertEquals(arrived(second, Infinity), records);
  }
});
