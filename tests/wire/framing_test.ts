// Unit.
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { PayloadTooLargeError, ProtocolError } from "../../src/errors.ts";
import { FrameBuffer } from "../../src/wire/framing/frame_buffer.ts";
import { FrameDecoder } from "../../src/wire/framing/frame_decoder.ts";
import { DEFAULT_MAX_FRAME_BYTES } from "../../src/wire/framing/frame_format.ts";

interface Frame {
  text: string;
  parts: Uint8Array[];
}

/** Texts as JSON.stringify makes them: lone surrogates are escaped. */
const wellFormedText = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 40 }).filter((text) => text.isWellFormed()),
  fc.constantFrom("a".repeat(64), "b".repeat(65), "é".repeat(300), "c".repeat(600), "\u{1f600}".repeat(9000)),
);
const anyPart = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.constantFrom(16 * 1024, 70_000, 256 * 1024, 256 * 1024 + 1, 300_000).map((size) =>
    new Uint8Array(size).fill(size)
  ),
);
const anyFrame: fc.Arbitrary<Frame> = fc.record(
  { text: wellFormedText, parts: fc.array(anyPart, { maxLength: 3 }) },
  { noNullPrototype: true },
);

/** The bytes that the chunks of one take() would put on the pipe. */
function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.byteLength;
  }
  return joined;
}

function bytesOfFrames(frames: readonly Frame[]): Uint8Array<ArrayBuffer> {
  const buffer = new FrameBuffer();
  for (const { text, parts } of frames) buffer.append(text, parts);
  return concat(buffer.take());
}

/** Feeds pieces through one reused buffer, as a reader with its own buffer would. */
function decodePieces(pieces: Iterable<Uint8Array>, maxFrameBytes?: number): { frames: Frame[]; pending: boolean } {
  const frames: Frame[] = [];
  const decoder = new FrameDecoder((text, parts) => frames.push({ text, parts }), { maxFrameBytes });
  for (const piece of pieces) {
    const reused = piece.slice();
    decoder.push(reused);
    reused.fill(0xff);
  }
  return { frames, pending: decoder.pending };
}

/** Cuts the bytes at the positions, given as fractions of the length. */
function* cut(bytes: Uint8Array, fractions: readonly number[]): Generator<Uint8Array> {
  let start = 0;
  for (const end of fractions.map((fraction) => Math.floor(fraction * bytes.length)).sort((a, b) => a - b)) {
    yield bytes.subarray(start, end);
    start = end;
  }
  yield bytes.subarray(start);
}

function u32(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  values.forEach((value, index) => new DataView(bytes.buffer).setUint32(index * 4, value));
  return bytes;
}

function ignore(): void {}

// FrameBuffer

Deno.test("FrameBuffer.append() writes the documented bytes when a frame has parts", () => {
  assertEquals(
    bytesOfFrames([{ text: '"é"', parts: [new Uint8Array([7, 8]), new Uint8Array(0)] }]),
    concat([u32(18, 4), new TextEncoder().encode('"é"'), u32(2), new Uint8Array([7, 8]), u32(0)]),
  );
});

Deno.test("FrameBuffer.take() merges frames into one chunk when they are small", () => {
  const buffer = new FrameBuffer();
  for (let i = 0; i < 100; i++) buffer.append(`{"id":${i}}`, [new Uint8Array(3)]);
  assertEquals(buffer.take().length, 1);
});

Deno.test("FrameBuffer.take() returns the part's own memory, but for its beginning, when it has more than 64 KiB", () => {
  const part = new Uint8Array(256 * 1024 + 1);
  const buffer = new FrameBuffer();
  buffer.append("1", [part]);
  buffer.append("2");
  const chunks = buffer.take();
  assertEquals(chunks.map(({ byteLength }) => byteLength), [13 + 16 * 1024, 240 * 1024 + 1, 9]);
  assertStrictEquals(chunks[1]!.buffer, part.buffer);
});

Deno.test("FrameBuffer.take() merges a frame into one chunk when its parts and its text have 64 KiB at most", () => {
  const buffer = new FrameBuffer();
  buffer.append("1", [new Uint8Array(50_000)]);
  assertEquals(buffer.take().length, 1);
  buffer.append("a".repeat(50_000));
  assertEquals(buffer.take().length, 1);
});

Deno.test("FrameBuffer.take() returns nothing when nothing was appended since the last take()", () => {
  const buffer = new FrameBuffer();
  assertEquals(buffer.take(), []);
  buffer.append("1");
  buffer.take();
  assertEquals(buffer.take(), []);
});

Deno.test("FrameBuffer.take() gives chunks that stay as they are when more is appended before the next take()", () => {
  const buffer = new FrameBuffer();
  for (let round = 0; round < 6; round++) {
    const frames = Array.from({ length: 10 ** (round % 5) }, (_, i) => ({ text: `"${round}:${i}"`, parts: [] }));
    for (const { text } of frames) buffer.append(text);
    const taken = buffer.take();
    for (let i = 0; i < 5000; i++) buffer.append('"later later later"');
    assertEquals(decodePieces(taken).frames, frames);
    buffer.take();
  }
});

Deno.test("FrameBuffer.byteLength counts the waiting bytes when frames of all sizes are appended", () => {
  fc.assert(fc.property(fc.array(anyFrame, { maxLength: 8 }), (frames) => {
    const buffer = new FrameBuffer();
    for (const { text, parts } of frames) buffer.append(text, parts);
    const waiting = buffer.byteLength;
    assertEquals(concat(buffer.take()).byteLength, waiting);
    assertEquals(buffer.byteLength, 0);
  }));
});

Deno.test("FrameBuffer.append() throws and appends nothing when the frame is above the limit", () => {
  const cases: [string, Uint8Array[]][] = [
    ["a".repeat(97), []],
    ["é".repeat(49), []],
    ["\u{1f600}".repeat(25), []],
    ["a".repeat(50), [new Uint8Array(43)]],
    ["", Array.from({ length: 25 }, () => new Uint8Array(0))],
  ];
  for (const [text, parts] of cases) {
    const buffer = new FrameBuffer(100);
    const error = assertThrows(() => buffer.append(text, parts), PayloadTooLargeError, "at most 100 are allowed");
    assert(error.byteLength > 100);
    assertEquals(error.limitBytes, 100);
    assertEquals(buffer.byteLength, 0);
    buffer.append("1");
    assertEquals(decodePieces(buffer.take()).frames, [{ text: "1", parts: [] }]);
  }
});

Deno.test("FrameBuffer.append() takes the frame when it has exactly the limit", () => {
  const cases: [string, Uint8Array[]][] = [
    ["a".repeat(96), []],
    ["é".repeat(48), []],
    ["\u{1f600}".repeat(24), []],
    ["\u20ac".repeat(32), []],
    ["a".repeat(50), [new Uint8Array(42)]],
  ];
  for (const [text, parts] of cases) {
    const buffer = new FrameBuffer(100);
    buffer.append(text, parts);
    assertEquals(buffer.byteLength, 104);
    assertEquals(decodePieces(buffer.take(), 100).frames, [{ text, parts }]);
  }
});

Deno.test("FrameBuffer.append() throws without a copy when the declared parts exceed any limit", () => {
  const part = new Uint8Array(64 * 1024 * 1024);
  const buffer = new FrameBuffer();
  assertThrows(() => buffer.append("1", Array(4).fill(part)), PayloadTooLargeError);
  assertEquals(buffer.byteLength, 0);
});

Deno.test("FrameBuffer.append() throws when there are more than 32 Ki parts", () => {
  const parts = Array(32 * 1024 + 1).fill(new Uint8Array(0));
  assertThrows(() => new FrameBuffer().append("1", parts), PayloadTooLargeError, "32769 binary parts");
});

Deno.test("FrameBuffer() throws when the limit cannot be a length", () => {
  for (const limit of [0, 3, -1, 4.5, NaN, Infinity, 2 ** 32]) {
    assertThrows(() => new FrameBuffer(limit), RangeError);
    assertThrows(() => new FrameDecoder(ignore, { maxFrameBytes: limit }), RangeError);
  }
});

// FrameDecoder

Deno.test("FrameDecoder.push() gives the same frames when the bytes are split anywhere", () => {
  const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
  fc.assert(fc.property(fc.array(anyFrame, { maxLength: 6 }), fractions, (frames, at) => {
    const decoded = decodePieces(cut(bytesOfFrames(frames), at));
    assertEquals(decoded.frames, frames);
    assertEquals(decoded.pending, false);
  }));
});

Deno.test("FrameDecoder.push() gives the same frames when it gets one byte at a time", () => {
  const frames: Frame[] = [
    { text: "", parts: [] },
    { text: "null", parts: [new Uint8Array(0), new Uint8Array([1, 2, 3])] },
    { text: '"\ufeffé\u{1f600}"', parts: [] },
    { text: "x".repeat(700), parts: [new Uint8Array(2000).fill(9)] },
  ];
  const bytes = bytesOfFrames(frames);
  assertEquals(decodePieces(cut(bytes, Array.from(bytes, (_, i) => i / bytes.length))).frames, frames);
});

Deno.test("FrameDecoder.push() gives the same frames when a chunk holds thousands of them", () => {
  const frames = Array.from({ length: 5000 }, (_, i) => ({ text: i % 97 === 0 ? `"é${i}"` : `"${i}"`, parts: [] }));
  const bytes = bytesOfFrames(frames);
  assertEquals(decodePieces([bytes]).frames, frames);
  assertEquals(decodePieces(cut(bytes, [0.1, 0.33333, 0.7])).frames, frames);
});

Deno.test("FrameDecoder.push() gives each part a buffer of its own when parts are small, large or empty", () => {
  fc.assert(fc.property(anyFrame, fc.double({ min: 0, max: 1, noNaN: true }), (frame, at) => {
    const buffers = new Set<ArrayBufferLike>();
    for (const { parts } of decodePieces(cut(bytesOfFrames([frame]), [at])).frames) {
      for (const part of parts) {
        assertEquals(part.byteOffset, 0);
        assertEquals(part.buffer.byteLength, part.length);
        buffers.add(part.buffer);
      }
    }
    assertEquals(buffers.size, frame.parts.length);
  }));
});

Deno.test("FrameDecoder.pending tells whether the stream was cut when it ends anywhere", () => {
  const bytes = bytesOfFrames([{ text: "12", parts: [new Uint8Array([1]), new Uint8Array(0)] }]);
  for (let length = 0; length <= bytes.length; length++) {
    assertEquals(decodePieces([bytes.subarray(0, length)]).pending, length > 0 && length < bytes.length);
  }
});

Deno.test("FrameDecoder.push() throws ProtocolError when lengths contradict each other", () => {
  const malformed: Record<string, Uint8Array> = {
    "no room for the text's length": u32(3, 0),
    "empty frame": u32(0, 0),
    "text longer than its frame": u32(8, 5, 0),
    "text of 4 GiB in a small frame": u32(8, 0xffffffff, 0),
    "part longer than its frame": u32(12, 0, 5, 0),
    "part of 4 GiB in a small frame": u32(12, 0, 0xffffffff, 0),
    "one byte of a part's length": concat([u32(5, 0), new Uint8Array(1)]),
    "three bytes of a part's length": concat([u32(11, 0, 0), new Uint8Array(3)]),
  };
  for (const [what, bytes] of Object.entries(malformed)) {
    for (const pieces of [[bytes], [...cut(bytes, Array.from(bytes, (_, i) => i / bytes.length))]]) {
      assertThrows(() => decodePieces(pieces), ProtocolError, "Cannot read frame: ", what);
    }
  }
});

Deno.test("FrameDecoder.push() throws ProtocolError when the text is not UTF-8", () => {
  for (const bad of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xc0, 0x80]]) {
    const bytes = concat([u32(4 + bad.length, bad.length), new Uint8Array(bad)]);
    assertThrows(() => decodePieces([bytes]), ProtocolError, "not UTF-8");
    assertThrows(() => decodePieces([bytes.subarray(0, 9), bytes.subarray(9)]), ProtocolError, "not UTF-8");
  }
});

Deno.test("FrameDecoder.push() refuses from the header alone when a frame declares more than the limit", () => {
  for (const size of [DEFAULT_MAX_FRAME_BYTES + 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
    const error = assertThrows(() => decodePieces([u32(size)]), PayloadTooLargeError);
    assertEquals(error.byteLength, size);
    assertThrows(() => decodePieces([u32(size, 10, 0, 0)]), PayloadTooLargeError);
  }
  assertThrows(() => decodePieces([u32(101, 97)], 100), PayloadTooLargeError, "at most 100 are allowed");
});

Deno.test("FrameDecoder.push() throws ProtocolError when a frame has more than 32 Ki parts", () => {
  const count = 32 * 1024 + 1;
  const bytes = concat([u32(4 + 4 * count, 0), new Uint8Array(4 * count)]);
  assertThrows(() => decodePieces([bytes]), ProtocolError, "more than 32768 parts");
});

Deno.test("FrameDecoder.push() throws the same error again when it has failed", () => {
  const decoder = new FrameDecoder(ignore);
  const first = assertThrows(() => decoder.push(u32(1, 0)), ProtocolError);
  assertStrictEquals(assertThrows(() => decoder.push(bytesOfFrames([{ text: "1", parts: [] }]))), first);
  assertStrictEquals(assertThrows(() => decoder.push(new Uint8Array(0))), first);
});

Deno.test("FrameDecoder.push() passes the error on and stays failed when the handler throws", () => {
  const bytes = bytesOfFrames([{ text: "1", parts: [] }, { text: "2", parts: [] }]);
  for (const pieces of [[bytes], [...cut(bytes, Array.from(bytes, (_, i) => i / bytes.length))]]) {
    let calls = 0;
    const failure = new Error("handler");
    const decoder = new FrameDecoder(() => {
      calls++;
      throw failure;
    });
    for (const piece of [...pieces, bytes]) {
      try {
        decoder.push(piece);
      } catch (error) {
        assertStrictEquals(error, failure);
      }
    }
    assertEquals(calls, 1);
  }
});

Deno.test("FrameDecoder.push() delivers the frames before a bad one when they share a chunk", () => {
  const texts: string[] = [];
  const decoder = new FrameDecoder((text) => texts.push(text));
  const bytes = concat([bytesOfFrames([{ text: "1", parts: [] }, { text: "2", parts: [] }]), u32(1, 0)]);
  assertThrows(() => decoder.push(bytes), ProtocolError);
  assertEquals(texts, ["1", "2"]);
});

/** Decodes hostile bytes with a small limit, and accepts frames and the two typed errors only. */
function expectFramesOrTypedError(pieces: Iterable<Uint8Array>): void {
  const limit = 64 * 1024;
  let delivered = 0;
  const decoder = new FrameDecoder((text, parts) => {
    delivered += text.length + parts.reduce((size, part) => size + part.byteLength, 0);
  }, { maxFrameBytes: limit });
  let received = 0;
  try {
    for (const piece of pieces) {
      received += piece.length;
      decoder.push(piece);
    }
  } catch (error) {
    assert(error instanceof ProtocolError || error instanceof PayloadTooLargeError, String(error));
  }
  assert(delivered <= received);
}

Deno.test("FrameDecoder.push() gives frames or a typed error when the bytes are random", () => {
  const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 });
  const lengths = fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(0xffffffff, 0x80000000, 65_536, 65_537));
  const header = fc.array(lengths, { maxLength: 6 }).map((values) => u32(...values));
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 200 }), fractions, (head, tail, at) => {
      expectFramesOrTypedError(cut(concat([head, tail]), at));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("FrameDecoder.push() gives frames or a typed error when valid bytes are mutated", () => {
  const small = fc.record({
    text: fc.string({ maxLength: 30 }),
    parts: fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 3 }),
  });
  const mutation = fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat({ max: 255 }));
  fc.assert(
    fc.property(
      fc.array(small, { minLength: 1, maxLength: 4 }),
      fc.array(mutation, { maxLength: 4 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (frames, mutations, at) => {
        const bytes = bytesOfFrames(frames);
        for (const [position, byte] of mutations) bytes[Math.floor(position * bytes.length)] = byte;
        expectFramesOrTypedError(cut(bytes, [at]));
      },
    ),
    { numRuns: 1000 },
  );
});
