/** Sends values through everything that a message goes through, except the pipe. */

import { MAX_TEXT_BYTES } from "../../src/wire/channel.ts";
import { decode, encode, type Encoded, type HandleCodec } from "../../src/wire/codec/codec.ts";
import { lineLimits } from "../../src/wire/codec/line_limits.ts";
import { LineReader } from "../../src/wire/codec/line_reader.ts";
import { FrameBuffer } from "../../src/wire/framing/frame_buffer.ts";
import { FrameDecoder } from "../../src/wire/framing/frame_decoder.ts";

/** What arrives of a value. */
export function roundTrip(value: unknown, handles?: HandleCodec): unknown {
  return arrived(encode(value, handles), Infinity, handles);
}

/** What arrives of an encoded value, when the pipe gives at most so many bytes at a time. */
export function arrived(encoded: Encoded, pieceBytes: number, handles?: HandleCodec): unknown {
  const { text, tagged, parts } = encoded;
  const buffer = new FrameBuffer();
  buffer.append(text, parts);
  let result: unknown;
  const decoder = new FrameDecoder((received, receivedParts) => {
    result = decode(JSON.parse(received), tagged, receivedParts, handles);
  }, {
    maxTextBytes: MAX_TEXT_BYTES,
    readLines: (byteLength) => new LineReader(byteLength, lineLimits(256 * 1024 * 1024)),
  });
  for (const chunk of buffer.take()) {
    for (let at = 0; at < chunk.length; at += pieceBytes) decoder.push(chunk.slice(at, at + pieceBytes));
  }
  return result;
}
