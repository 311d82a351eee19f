/** Micro-benchmarks of framing and codec: `deno bench bench/wire_bench.ts`. */

import { decode, encode } from "../src/wire/codec.ts";
import { FrameBuffer, FrameDecoder } from "../src/wire/framing.ts";

const FRAMES = 10_000;
const READ_BYTES = 64 * 1024;

const tinyTexts = Array.from({ length: FRAMES }, (_, i) => `{"k":"r","i":${100_000 + i}}`);
const longerTexts = tinyTexts.map((_, i) => `{"k":"r","i":${i},"v":"${"x".repeat(200)}"}`);
const megabyte = new Uint8Array(1024 * 1024).fill(7);

/** The bytes of some frames, in pieces as a pipe gives them. */
function readsOf(texts: readonly string[], parts?: readonly Uint8Array[]): Uint8Array[] {
  const buffer = new FrameBuffer();
  for (const text of texts) buffer.append(text, parts);
  const reads: Uint8Array[] = [];
  for (const chunk of buffer.take()) {
    for (let at = 0; at < chunk.length; at += READ_BYTES) reads.push(chunk.slice(at, at + READ_BYTES));
  }
  return reads;
}

let sink: unknown;

function keep(text: string, parts: Uint8Array[]): void {
  sink = parts.length === 0 ? text : parts;
}

function parse(text: string): void {
  sink = JSON.parse(text);
}

// Framing

const buffer = new FrameBuffer();

Deno.bench({ group: "frames out", name: `append() ${FRAMES} texts of 20 bytes`, baseline: true }, () => {
  for (const text of tinyTexts) buffer.append(text);
  sink = buffer.take();
});

Deno.bench({ group: "frames out", name: `append() ${FRAMES} texts of 220 bytes` }, () => {
  for (const text of longerTexts) buffer.append(text);
  sink = buffer.take();
});

Deno.bench({ group: "frames out", name: "append() 1 text of 20 bytes, take()" }, () => {
  buffer.append(tinyTexts[0]!);
  sink = buffer.take();
});

Deno.bench({ group: "frames out", name: "append() a part of 1 MiB" }, () => {
  buffer.append("null", [megabyte]);
  sink = buffer.take();
});

function benchDecoder(name: string, reads: Uint8Array[], onFrame: typeof keep): void {
  const decoder = new FrameDecoder(onFrame);
  Deno.bench({ group: "frames in", name }, () => {
    for (const read of reads) decoder.push(read);
  });
}

benchDecoder(`push() ${FRAMES} texts of 20 bytes`, readsOf(tinyTexts), keep);
benchDecoder(`push() ${FRAMES} texts of 20 bytes, JSON.parse()`, readsOf(tinyTexts), parse);
benchDecoder(`push() ${FRAMES} texts of 220 bytes`, readsOf(longerTexts), keep);
benchDecoder("push() 1 text of 20 bytes", readsOf(tinyTexts.slice(0, 1)), keep);
benchDecoder("push() a part of 1 MiB", readsOf(["null"], [megabyte]), keep);

// Codec

const plainRecords = Array.from({ length: 1000 }, (_, id) => ({
  id,
  name: `user ${id}`,
  tags: ["a", "b", "c"],
  address: { street: "x".repeat(200), city: "y", at: { lat: 1.5, lng: 2.5 } },
  notes: "z".repeat(600),
}));
const datedRecords = plainRecords.map((record) => ({ ...record, at: new Date(record.id) }));
const datedText = encode(datedRecords).text;
const numbers = Array.from({ length: 100_000 }, (_, i) => i);
const mixed = { when: new Date(0), bytes: new Uint8Array(10), list: [1, 2, 3], map: new Map([["a", 1]]) };
const mixedEncoded = encode(mixed);

function benchCodec(group: string, name: string, run: () => unknown): void {
  Deno.bench({ group, name }, () => {
    sink = run();
  });
}

benchCodec("100 000 numbers", "encode()", () => encode(numbers));
benchCodec("100 000 numbers", "JSON.stringify()", () => JSON.stringify(numbers));

benchCodec("1000 records of 1 kB", "encode() plain", () => encode(plainRecords));
benchCodec("1000 records of 1 kB", "JSON.stringify()", () => JSON.stringify(plainRecords));
benchCodec("1000 records of 1 kB", "encode() with a Date each", () => encode(datedRecords));
benchCodec("1000 records of 1 kB", "decode() with a Date each", () => decode(JSON.parse(datedText), true, []));
benchCodec("1000 records of 1 kB", "JSON.parse()", () => JSON.parse(datedText));

benchCodec("small values", "encode() a number", () => encode(5));
benchCodec("small values", "encode() undefined", () => encode(undefined));
benchCodec("small values", "encode() a record of two", () => encode({ a: 1, b: "x" }));
benchCodec("small values", "encode() with tags", () => encode(mixed));
benchCodec("small values", "decode() with tags", () => decode(JSON.parse(mixedEncoded.text), true, mixedEncoded.parts));

const failure = new TypeError("wrong", { cause: new Error("deeper") });
const failureText = encode(failure).text;
benchCodec("errors", "encode() with a cause", () => encode(failure));
benchCodec("errors", "decode() with a cause", () => decode(JSON.parse(failureText), true, []));

addEventListener("unload", () => sink);
