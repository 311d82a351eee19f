// Unit.
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { EncodingError, ProtocolError } from "../../src/errors.ts";
import { decode, encode, type HandleCodec } from "../../src/wire/codec/codec.ts";
import { anyJson, anySupported, recordFrom, typedArrayClasses } from "./any_value.ts";
import { roundTrip } from "./round_trip.ts";
import { assertSameGraph } from "./same_graph.ts";

/** Decodes a tree as a hostile process would send it. */
function decodeHostile(tree: string, parts: Uint8Array[] = []): unknown {
  return decode(JSON.parse(tree), true, parts);
}

function nest(levels: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

class Point {
  constructor(readonly x: number) {}
}

// Plain data

Deno.test("encode() writes a text of more than 256 MiB, of which V8 does not survive the second JSON text", () => {
  const text = "x".repeat(257 * 1024 * 1024);
  const lines = encode([text]).parts[0]!;
  assertEquals([lines.byteLength, lines.at(-1)], ["[\n\n]\n".length + text.length + 2, 10]);
});

Deno.test("encode() gives the JSON text untagged when the value is plain data", () => {
  const plain = [null, true, "", "\ud800", 0, -1.5, [], {}, [[1, "a", null], { a: { b: [] } }], { $: 1, toJSON: 2 }];
  for (const value of plain) {
    assertEquals(encode(value), { text: JSON.stringify(value), tagged: false, parts: [] });
  }
});

Deno.test("encode() gives a tagged tree when plain JSON would change the value", () => {
  const shared = {};
  const values = [undefined, NaN, Infinity, -0, 1n, [undefined], [, 1], { a: undefined }, [1, -0], [1, "a", NaN]];
  for (const value of [...values, [shared, shared], new Date(0), new Map(), [new Uint8Array(1)]]) {
    assertEquals(encode(value).tagged, true);
  }
});

Deno.test("decode() returns the body itself when it is untagged", () => {
  const body = { $: "map", v: [1] };
  assertStrictEquals(decode(body, false, []), body);
});

Deno.test("encode() and decode() keep plain data when it is arbitrary", () => {
  fc.assert(fc.property(anyJson, (value) => assertSameGraph(roundTrip(value), value)), { numRuns: 300 });
});

Deno.test("encode() and decode() give a plain object when the object has no prototype", () => {
  assertSameGraph(roundTrip(Object.assign(Object.create(null), { a: 1 })), { a: 1 });
  assertSameGraph(roundTrip(Object.assign(Object.create(null), { a: NaN })), { a: NaN });
});

Deno.test("encode() keeps only what is data of an object when it has more", () => {
  const record = Object.defineProperty({ a: 1, [Symbol("s")]: 2 }, "hidden", { value: 3 });
  assertEquals(roundTrip(record), { a: 1 });
  assertEquals(roundTrip(Object.assign([1n], { extra: 1 })), [1n]);
});

// Every supported kind

Deno.test("encode() and decode() keep a value of any supported kind", () => {
  fc.assert(fc.property(anySupported, (value) => assertSameGraph(roundTrip(value), value)), { numRuns: 500 });
});

Deno.test("encode() and decode() keep what is shared when a value is reached several times", () => {
  fc.assert(
    fc.property(anySupported, anySupported, (a, b) => {
      const value = [a, { b, a }, new Map([[a, b]]), b, new Set([a])];
      assertSameGraph(roundTrip(value), value);
    }),
    { numRuns: 200 },
  );
});

Deno.test("encode() and decode() keep the graph when objects refer to each other at random", () => {
  const kinds = ["array", "record", "map", "set", "key"] as const;
  const edges = fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })), { maxLength: 30 });
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...kinds), { minLength: 10, maxLength: 10 }), edges, (nodeKinds, links) => {
      const nodes = nodeKinds.map((kind): object => {
        if (kind === "array") return [];
        return kind === "record" ? {} : kind === "set" ? new Set() : new Map();
      });
      for (const [from, to] of links) {
        const node = nodes[from]!;
        const target = nodes[to]!;
        if (Array.isArray(node)) node.push(target);
        else if (node instanceof Set) node.add(target);
        else if (node instanceof Map) nodeKinds[from] === "key" ? node.set(target, to) : node.set(to, target);
        else Object.assign(node, { [`to${to}`]: target });
      }
      assertSameGraph(roundTrip(nodes), nodes);
      assertSameGraph(roundTrip(nodes[0]), nodes[0]);
    }),
    { numRuns: 300 },
  );
});

Deno.test("encode() and decode() keep keys that look like tags or prototypes", () => {
  const value = recordFrom([
    ["$", "undefined"],
    ["__proto__", { polluted: NaN }],
    ["constructor", { prototype: { polluted: undefined } }],
    ["inner", recordFrom([["$", recordFrom([["$", 1n]])]])],
  ]);
  assertSameGraph(roundTrip(value), value);
  assertEquals(Object.hasOwn({}, "polluted"), false);
  assertEquals(({} as { polluted?: unknown }).polluted, undefined);
});

Deno.test("encode() and decode() keep bigints when they are huge", () => {
  for (const value of [0n, -1n, 2n ** 4096n, -(2n ** 100_000n) + 1n]) assertStrictEquals(roundTrip(value), value);
});

Deno.test("encode() and decode() keep holes when an array is sparse", () => {
  const value: unknown[] = [];
  value[1_000_000] = "last";
  value.length = 1_000_002;
  const result = roundTrip(value) as unknown[];
  assertEquals(result.length, 1_000_002);
  assertEquals(Object.keys(result), ["1000000"]);
  const dense: unknown[] = Array.from({ length: 1000 }, (_, i) => i);
  delete dense[500];
  assertSameGraph(roundTrip(dense), dense);
});

// Binary

Deno.test("encode() sends only the bytes of the view, without a copy, when it shows a part of a buffer", () => {
  const buffer = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]).buffer;
  const { parts } = encode({ a: new Uint16Array(buffer, 2, 3), b: new DataView(buffer, 11) });
  assertEquals(parts.map((part) => [part.buffer === buffer, part.byteOffset, part.byteLength]), [
    [true, 2, 6],
    [true, 11, 1],
  ]);
  assertSameGraph(roundTrip(new Uint16Array(buffer, 2, 3)), new Uint16Array(buffer, 2, 3).slice());
});

Deno.test("decode() uses the buffer of the part when it rebuilds a view", () => {
  for (const arrayClass of [...typedArrayClasses, DataView, ArrayBuffer]) {
    const part = new Uint8Array(16);
    const tree = { $: "binary", k: arrayClass.name, p: 0 };
    const result = decode(tree, true, [part]) as ArrayBuffer | ArrayBufferView;
    assertStrictEquals(Object.getPrototypeOf(result), arrayClass.prototype);
    assertStrictEquals(result instanceof ArrayBuffer ? result : result.buffer, part.buffer);
  }
});

Deno.test("decode() copies the part when it shows only a part of its buffer", () => {
  const part = new Uint8Array(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer, 3, 4);
  const result = decode({ $: "binary", k: "Uint16Array", p: 0 }, true, [part]) as Uint16Array;
  assertEquals(new Uint8Array(result.buffer), new Uint8Array([4, 5, 6, 7]));
});

Deno.test("encode() sends a Uint8Array when the value is a Node Buffer", () => {
  assertSameGraph(roundTrip(Buffer.from("abc")), new Uint8Array([97, 98, 99]));
});

Deno.test("encode() sends bytes once when a view is reached twice", () => {
  const view = new Uint8Array([1]);
  assertEquals(encode([view, { view }]).parts.length, 1);
});

// Handles

class Handle {
  constructor(readonly id: number) {}
}
const handles: HandleCodec = {
  encode: (value) => value instanceof Handle ? { id: value.id } : undefined,
  decode: (data) => {
    const id = (data as { id?: unknown } | null)?.id;
    if (typeof id !== "number") throw new TypeError("bad handle");
    return new Handle(id);
  },
};

Deno.test("encode() and decode() pass handles through their codec when one is given", () => {
  const handle = new Handle(7);
  const [a, { b }, c] = roundTrip([handle, { b: handle }, new Handle(8)], handles) as [Handle, { b: Handle }, Handle];
  assertInstanceOf(a, Handle);
  assertStrictEquals(a, b);
  assertEquals([a.id, c.id], [7, 8]);
});

Deno.test("encode() throws EncodingError when a handle codec knows nothing of an instance", () => {
  assertThrows(() => encode(new Point(1), handles), EncodingError, "an instance of Point");
});

Deno.test("decode() throws ProtocolError when a handle is bad or not expected", () => {
  assertThrows(() => decode({ $: "handle", v: "x" }, true, [], handles), ProtocolError);
  assertThrows(() => decode({ $: "handle" }, true, [], handles), ProtocolError);
  assertThrows(() => decode({ $: "handle", v: { id: 1 } }, true, []), ProtocolError, "none is expected");
});

// What cannot travel

const refused: [what: string, value: () => unknown, path: string, detail: string][] = [
  ["a function", () => ignore, "$", "a function, only data can travel"],
  ["a class", () => ({ made: Point }), "$.made", "a function"],
  ["a symbol", () => [Symbol("s")], "$[0]", "a symbol, only data can travel"],
  ["an instance", () => ({ rows: [1, 2, 3, { when: new Point(1) }] }), "$.rows[3].when", "an instance of Point, "],
  ["an unnamed instance", () => Object.create({ constructor: 1 }), "$", "an instance of an unnamed class"],
  ["a Map subclass", () => new (class Cache extends Map {})(), "$", "an instance of Cache"],
  ["an Array subclass", () => new (class Rows extends Array {})(), "$", "an instance of Rows, send an ordinary array"],
  ["a WeakMap", () => new WeakMap(), "$", "an instance of WeakMap"],
  ["a Promise", () => ({ "to do": Promise.resolve() }), '$["to do"]', "an instance of Promise"],
  ["a boxed string", () => Object("text"), "$", "an instance of String"],
  ["a SharedArrayBuffer", () => new SharedArrayBuffer(1), "$", "a SharedArrayBuffer, "],
  ["shared memory", () => new Uint8Array(new SharedArrayBuffer(1)), "$", "a view of a SharedArrayBuffer"],
  ["transferred memory", () => [detachedBytes()], "$[0]", "binary data that was transferred away"],
  ["a Map key", () => new Map([[ignore, 1]]), "$.keys()[0]", "a function"],
  ["a Map value by text", () => new Map([["a b", ignore]]), '$.get("a b")', "a function"],
  ["a Map value", () => new Map([[1, [ignore]]]), "$.values()[0][0]", "a function"],
  ["a Set item", () => new Set([1, ignore]), "$.values()[1]", "a function"],
  ["toJSON", () => ({ a: { toJSON: () => 1 } }), "$.a.toJSON", "a function"],
  [
    "an array with toJSON",
    () => [[1, 2], Object.assign([1], { toJSON: () => 2 })],
    "$[1]",
    "an array with a method toJSON()",
  ],
  [
    "a raw JSON text",
    () => ({ n: Reflect.get(JSON, "rawJSON")("123456789012345678901234567890") }),
    "$.n",
    "a raw JSON text",
  ],
  ["a generator", () => (function* () {})(), "$", "an instance of Generator"],
  ["a fake Map", () => ({ a: Object.create(Map.prototype) }), "$.a", "an object that cannot be read"],
  ["a hostile proxy", () => [revokedProxy()], "$[0]", "an object that cannot be read"],
  ["16 Mi holes", () => Object.assign([], { length: 2 ** 32 - 1 }), "$", "an array with more than 16777216 holes"],
  ["a long RegExp", () => new RegExp("a".repeat(70_000)), "$", "a RegExp of 70000 characters"],
];

function ignore(): void {}

function detachedBytes(): Uint8Array {
  const bytes = new Uint8Array(8);
  bytes.buffer.transfer();
  return bytes;
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

for (const [what, value, path, detail] of refused) {
  Deno.test(`encode() throws EncodingError with the path when the value has ${what}`, () => {
    const error = assertThrows(() => encode(value()), EncodingError);
    assertEquals(error.path, path);
    assert(error.message.startsWith(`Cannot send ${path}: ${detail}`), error.message);
    assert(!error.message.endsWith("."));
  });
}

Deno.test("encode() shows the beginning and the end of a long path, and keeps it whole in the error", () => {
  const deep = assertThrows(() => encode(nest(1001)), EncodingError);
  assertEquals(deep.path, "$" + "[0]".repeat(1001));
  assert(/^Cannot send \$(?:\[0\])+.*….*\[0\]: nested deeper than 1000 levels/.test(deep.message), deep.message);
  const key = "k".repeat(100_000);
  const wide = assertThrows(() => encode({ [key]: { end: ignore } }), EncodingError);
  assertEquals(wide.path, `$.${key}.end`);
  assert(wide.message.length < 500 && wide.message.includes("k.end: a function"), wide.message.slice(0, 1000));
});

Deno.test("encode() throws EncodingError with the cause when a getter throws", () => {
  const cause = new Error("no");
  const value = {
    get bad(): never {
      throw cause;
    },
  };
  const error = assertThrows(() => encode([value]), EncodingError, "Cannot send $[0].bad: a getter that throws");
  assertStrictEquals(error.cause, cause);
});

Deno.test("encode() treats a proxy as its target when the target can travel", () => {
  assertSameGraph(roundTrip(new Proxy({ a: [1n] }, {})), { a: [1n] });
  assertSameGraph(roundTrip(new Proxy([1, 2], {})), [1, 2]);
});

Deno.test("encode() and decode() keep 1000 levels when they are arrays, records or Maps", () => {
  const wrap: ((inner: unknown) => unknown)[] = [
    (v) => [v],
    (v) => ({ v }),
    (v) => new Map([[1, v]]),
    (v) => ({ $: v }),
  ];
  for (const wrapOnce of wrap) {
    let value: unknown = -0;
    for (let i = 0; i <= 1000; i++) value = wrapOnce(value);
    assertSameGraph(roundTrip(value), value);
    assertThrows(() => encode(wrapOnce(value)), EncodingError, "nested deeper");
  }
});

Deno.test("encode() throws EncodingError, not a stack overflow, when a value is nested 200 000 deep", () => {
  assertThrows(() => encode(nest(200_000)), EncodingError, "nested deeper");
});

// Hostile trees

const hostile: [what: string, tree: string, parts?: Uint8Array[]][] = [
  ["an unknown tag", '{"$":"function","v":"alert(1)"}'],
  ["a tag named like a method", '{"$":"constructor"}'],
  ["a tag that is not a string", '{"$":{"$":"map"}}'],
  ["a null tag", '{"$":null}'],
  ["a number of another name", '{"$":"number","v":"1e999"}'],
  ["a number that is one", '{"$":"number","v":1}'],
  ["a decimal bigint", '{"$":"bigint","v":"zz"}'],
  ["an empty bigint", '{"$":"bigint","v":""}'],
  ["a bigint expression", '{"$":"bigint","v":"1)+(1"}'],
  ["a bigint that is a number", '{"$":"bigint","v":1}'],
  ["a reference to nothing", '{"$":"ref","v":0}'],
  ["a reference ahead", '[{"$":"ref","v":1},[]]'],
  ["a negative reference", '[{"$":"ref","v":-1}]'],
  ["a fractional reference", '[{"$":"ref","v":0.5}]'],
  ["a reference by name", '[{"$":"ref","v":"length"}]'],
  ["an escaped array", '{"$":"object","v":[]}'],
  ["an escaped null", '{"$":"object","v":null}'],
  ["an escaped nothing", '{"$":"object"}'],
  ["a Map of a record", '{"$":"map","v":{"length":2}}'],
  ["a Map of an odd list", '{"$":"map","v":[1]}'],
  ["a Set of a text", '{"$":"set","v":"abc"}'],
  ["a Date of a text", '{"$":"date","v":"2020"}'],
  ["a Date of nothing", '{"$":"date"}'],
  ["an invalid URL", '{"$":"url","v":"not a url"}'],
  ["a URL of a record", '{"$":"url","v":{"href":"http://a"}}'],
  ["an invalid RegExp", '{"$":"regexp","v":"(","f":""}'],
  ["a RegExp with unknown flags", '{"$":"regexp","v":"a","f":"x"}'],
  ["a RegExp with doubled flags", '{"$":"regexp","v":"a","f":"gg"}'],
  ["a RegExp with opposed flags", '{"$":"regexp","v":"a","f":"uv"}'],
  ["a RegExp without flags", '{"$":"regexp","v":"a"}'],
  ["a RegExp too long", `{"$":"regexp","v":"${"a".repeat(70_000)}","f":""}`],
  ["a sparse array of 2^32-1", '{"$":"sparse","n":4294967295,"v":[]}'],
  ["a sparse array of 2^53", '{"$":"sparse","n":9007199254740992,"v":[]}'],
  ["a sparse array of -1", '{"$":"sparse","n":-1,"v":[]}'],
  ["a sparse array of 1.5", '{"$":"sparse","n":1.5,"v":[]}'],
  ["a sparse array of 1e999", '{"$":"sparse","n":1e999,"v":[]}'],
  ["a sparse index out of range", '{"$":"sparse","n":1,"v":[1,"a"]}'],
  ["a sparse index that is a name", '{"$":"sparse","n":1,"v":["length",5]}'],
  ["a sparse index below zero", '{"$":"sparse","n":1,"v":[-1,5]}'],
  ["a sparse array of an odd list", '{"$":"sparse","n":1,"v":[0]}'],
  ["a missing part", '{"$":"binary","k":"Uint8Array","p":0}'],
  ["a part out of turn", '{"$":"binary","k":"Uint8Array","p":1}', [new Uint8Array(1), new Uint8Array(1)]],
  ["a part by name", '{"$":"binary","k":"Uint8Array","p":"0"}', [new Uint8Array(1)]],
  ["a part taken twice", '[{"$":"binary","k":"Uint8Array","p":0},{"$":"binary","k":"Uint8Array","p":0}]', [
    new Uint8Array(1),
  ]],
  ["a kind that is not a view", '{"$":"binary","k":"Function","p":0}', [new Uint8Array(1)]],
  ["a kind of a prototype", '{"$":"binary","k":"__proto__","p":0}', [new Uint8Array(1)]],
  ["shared memory", '{"$":"binary","k":"SharedArrayBuffer","p":0}', [new Uint8Array(1)]],
  ["half an element", '{"$":"binary","k":"Uint16Array","p":0}', [new Uint8Array(3)]],
  ["seven eighths of an element", '{"$":"binary","k":"BigInt64Array","p":0}', [new Uint8Array(7)]],
  ["an error of an unknown class", '{"$":"error","c":"Function","n":"E","m":"","s":"","f":[]}'],
  ["an error of an inherited class", '{"$":"error","c":"constructor","n":"E","m":"","s":"","f":[]}'],
  ["an error without a message", '{"$":"error","c":"Error","n":"E","s":"","f":[]}'],
  ["an error without fields", '{"$":"error","c":"Error","n":"E","m":"","s":""}'],
  ["an error with half a field", '{"$":"error","c":"Error","n":"E","m":"","s":"","f":["a"]}'],
  ["an error with a field of no name", '{"$":"error","c":"Error","n":"E","m":"","s":"","f":[1,2]}'],
  ["an error with a stack field", '{"$":"error","c":"Error","n":"E","m":"","s":"","f":["stack",2]}'],
  ["an error with a numeric stack", '{"$":"error","c":"Error","n":"E","m":"","s":1,"f":[]}'],
  ["an error with an invalid list of parts", '{"$":"error","c":"Error","n":"","m":"","s":"","f":[],"p":1}'],
];

for (const [what, tree, parts] of hostile) {
  Deno.test(`decode() throws ProtocolError when a tree has ${what}`, () => {
    assertThrows(() => decodeHostile(tree, parts), ProtocolError, "Cannot read value: ");
  });
}

Deno.test("decode() throws ProtocolError, not a stack overflow, when a tree is nested too deep", () => {
  const layers: [string, string][] = [
    ["[", "]"],
    ['{"a":', "}"],
    ['{"$":"map","v":[1,', "]}"],
    ['{"$":"map","v":[', ",1]}"],
    ['{"$":"set","v":[', "]}"],
    ['{"$":"sparse","n":1,"v":[0,', "]}"],
    ['{"$":"object","v":{"$":', "}}"],
    ['{"$":"error","c":"Error","n":"","m":"","s":"","f":[],"p":["cause",', "]}"],
    ['{"$":"error","c":"AggregateError","n":"","m":"","s":"","f":[],"p":["errors",[', "]]}"],
    ['{"$":"error","c":"Error","n":"","m":"","s":"","f":["field",', "]}"],
  ];
  for (const [open, close] of layers) {
    for (const levels of [1002, 50_000]) {
      const tree = open.repeat(levels) + "[]" + close.repeat(levels);
      assertThrows(() => decodeHostile(tree), ProtocolError, "nested deeper than 1000 levels");
    }
  }
});

Deno.test("decode() takes no memory for holes when a tree has many huge sparse arrays", () => {
  const sparse = { $: "sparse", n: 16 * 1024 * 1024, v: [16_000_000, 1] };
  const result = decodeHostile(JSON.stringify(Array(2000).fill(sparse))) as unknown[][];
  assertEquals(result.map((array) => array.length), Array(2000).fill(16 * 1024 * 1024));
});

Deno.test("decode() keeps prototypes as they are when keys name them", () => {
  const before = Object.getOwnPropertyNames(Object.prototype).length;
  const trees = [
    '{"__proto__":{"polluted":{"$":"undefined"}}}',
    '{"__proto__":{"$":"map","v":[]}}',
    '{"constructor":{"prototype":{"polluted":{"$":"undefined"}}}}',
    '{"$":"object","v":{"__proto__":{"$":"date","v":0}}}',
    '{"$":"error","c":"Error","n":"Error","m":"","s":"","f":["__proto__",{"polluted":1}]}',
    '{"$":"error","c":"Error","n":"__proto__","m":"","s":"","f":["constructor",1,"toString",2]}',
  ];
  for (const tree of trees) {
    const value = decodeHostile(tree) as object;
    const prototype = value instanceof Error ? Error.prototype : Object.prototype;
    assertStrictEquals(Object.getPrototypeOf(value), prototype);
    if (tree.includes("__proto__") && !tree.includes('"n":"__proto__"')) assert(Object.hasOwn(value, "__proto__"));
  }
  assertEquals(({} as { polluted?: unknown }).polluted, undefined);
  assertEquals(Object.getOwnPropertyNames(Object.prototype).length, before);
});

Deno.test("decode() gives a value or ProtocolError when a tree is arbitrary", () => {
  const tags = ["undefined", "number", "bigint", "ref", "object", "sparse", "map", "set", "date", "url", "regexp"];
  const tag = fc.constantFrom(...tags, "binary", "handle", "error", "__proto__", "x");
  const keys = fc.constantFrom("$", "v", "n", "k", "p", "c", "m", "s", "f", "u", "a", "__proto__", "constructor");
  const texts = fc.constantFrom("NaN", "Uint8Array", "Float64Array", "Error", "g", "AggregateError", "http://a", "-ff");
  const leaf = fc.oneof(tag, texts, fc.constant(null), fc.integer({ min: -2, max: 4 }), fc.maxSafeInteger());
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 5, depthSize: "small" },
      leaf,
      fc.array(tie("node"), { maxLength: 4 }),
      fc.tuple(tag, fc.array(fc.tuple(keys, tie("node")), { maxLength: 6 })).map(([kind, fields]) =>
        recordFrom([["$", kind], ...fields])
      ),
      fc.array(fc.tuple(keys, tie("node")), { maxLength: 4 }).map(recordFrom),
    ),
  })).node;
  fc.assert(
    fc.property(tree, fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 2 }), (body, parts) => {
      try {
        decode(JSON.parse(JSON.stringify(body)), true, parts);
      } catch (error) {
        assertInstanceOf(error, ProtocolError);
      }
      assertEquals(Object.keys(Object.prototype), []);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("decode() gives a value or ProtocolError when a valid tree is mutated", () => {
  const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const mutation = fc.tuple(position, fc.constantFrom(...'0123456789[]{}",:$ve-'.split("")));
  fc.assert(
    fc.property(anySupported, fc.array(mutation, { minLength: 1, maxLength: 3 }), (value, mutations) => {
      const { text, parts } = encode([value, undefined]);
      const letters = text.split("");
      for (const [at, letter] of mutations) letters[Math.floor(at * letters.length)] = letter;
      try {
        decode(JSON.parse(letters.join("")), true, parts.map((part) => part.slice()));
      } catch (error) {
        assert(error instanceof ProtocolError || error instanceof SyntaxError, String(error));
      }
      assertEquals(Object.keys(Object.prototype), []);
    }),
    { numRuns: 1000 },
  );
});
