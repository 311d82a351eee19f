/** Texts to frames and back, beside the bare encoding of text that no framing can do without. */

import { FrameBuffer } from "../src/wire/framing/frame_buffer.ts";
import { FrameDecoder } from "../src/wire/framing/frame_decoder.ts";

const FRAMES = 10_000;
const READ_BYTES = 64 * 1024;

const tinyTexts = Array.from({ length: FRAMES }, (_, i) => `{"k":"r","i":${100_000 + i}}`);
const longerTexts = tinyTexts.map((_, i) => `{"k":"r","i":${i},"v":"${"x".repeat(200)}"}`);
const megabyte = new Uint8Array(1024 * 1024).fill(7);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

let sink: unknown;
addEventListener("unload", () => sink);

/** The bytes of some frames, in pieces as a pipe gives them. */
function readsOf(texts: readonly string[], parts?: readonly Uint8Array[]): Uint8Array[] {
  const buffer = new FrameBuffer();
  for (const text of texts) buffer.append(text, parts);
  return buffer.take().flatMap((chunk) => pieces(chunk));
}

function pieces(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.length / READ_BYTES);
  return Array.from({ length: count }, (_, n) => bytes.slice(n * READ_BYTES, (n + 1) * READ_BYTES));
}

function keep(text: string, parts: Uint8Array[]): void {
  sink = parts.length === 0 ? text : parts;
}

function benchOut(group: string, texts: readonly string[]): void {
  const scratch = new Uint8Array(1024 * 1024 * 4);
  Deno.bench({ group, name: "TextEncoder.encodeInto() one buffer", baseline: true }, () => {
    let at = 0;
    for (const text of texts) at += encoder.encodeInto(text, scratch.subarray(at)).written;
    sink = at;
  });

  Deno.bench({ group, name: "TextEncoder.encode() all in one text" }, () => {
    sink = encoder.encode(texts.join("\n"));
  });

  const buffer = new FrameBuffer();
  Deno.bench({ group, name: "FrameBuffer.append() each, take()" }, () => {
    for (const text of texts) buffer.append(text);
    sink = buffer.take();
  });
}

function benchIn(group: string, texts: readonly string[], onFrame: typeof keep = keep): void {
  const lines = pieces(encoder.encode(texts.join("\n")));
  Deno.bench({ group, name: "TextDecoder.decode() all, split at line ends", baseline: true }, () => {
    let text = "";
    for (const piece of lines) text += decoder.decode(piece, { stream: true });
    for (const line of text.split("\n")) onFrame(line, []);
  });

  const reads = readsOf(texts);
  const frames = new FrameDecoder(onFrame);
  Deno.bench({ group, name: "FrameDecoder.push() each read" }, () => {
    for (const read of reads) frames.push(read);
  });
}

function parse(text: string): void {
  sink = JSON.parse(text);
}

benchOut(`out: ${FRAMES} texts of 20 bytes`, tinyTexts);
benchOut(`out: ${FRAMES} texts of 220 bytes`, longerTexts);
benchOut("out: 1 text of 20 bytes", tinyTexts.slice(0, 1));
benchIn(`in: ${FRAMES} texts of 20 bytes`, tinyTexts);
benchIn(`in: ${FRAMES} texts of 20 bytes, with JSON.parse()`, tinyTexts, parse);
benchIn(`in: ${FRAMES} texts of 220 bytes`, longerTexts);
benchIn("in: 1 text of 20 bytes", tinyTexts.slice(0, 1));

Deno.bench({ group: "out: 1 MiB of bytes", name: "Uint8Array.slice()", baseline: true }, () => {
  sink = megabyte.slice();
});

const buffer = new FrameBuffer();
Deno.bench({ group: "out: 1 MiB of bytes", name: "FrameBuffer.append(), take()" }, () => {
  buffer.append("null", [megabyte]);
  sink = buffer.take();
});

const megabyteReads = readsOf(["null"], [megabyte]);
Deno.bench({ group: "in: 1 MiB of bytes", name: "Uint8Array.set() each read", baseline: true }, () => {
  const bytes = new Uint8Array(megabyte.length + READ_BYTES);
  megabyteReads.forEach((read, n) => bytes.set(read, n * READ_BYTES));
  sink = bytes;
});

const frames = new FrameDecoder(keep);
Deno.bench({ group: "in: 1 MiB of bytes", name: "FrameDecoder.push() each read" }, () => {
  for (const read of megabyteReads) frames.push(read);
});
