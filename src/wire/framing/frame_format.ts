/**
 * What both directions of framing agree on.
 *
 * A frame is a u32 (big-endian, as all lengths) with the number of bytes that follow, a u32 with the length of the text,
 * the text as UTF-8, and any number of parts, each a u32 with its length and its bytes. The length of a LinePart has its highest bit set.
 *
 * Framing is pure: it knows no pipes and no JSON.
 */

/** The largest frame accepted unless another limit is given: 256 MiB. */
export const DEFAULT_MAX_FRAME_BYTES: number = 256 * 1024 * 1024;

/** The largest limit: what a frame's length can express. A pool's is 2 ** 31, so that a part's length leaves a bit. */
export const LARGEST_FRAME_BYTES: number = 2 ** 32 - 1;

/** The bit of a part's length that says that it is a LinePart. */
export const LINE_PART_FLAG = 0x80000000;

/** How many parts a frame may have: more empty ones would cost the receiver far more memory than the sender. */
export const MAX_PARTS: number = 32 * 1024;

/** Requires a limit that a frame's length can express. */
export function checkedLimit(maxFrameBytes: number): number {
  if (Number.isInteger(maxFrameBytes) && maxFrameBytes >= 4 && maxFrameBytes <= LARGEST_FRAME_BYTES) {
    return maxFrameBytes;
  }
  throw new RangeError(
    `Cannot limit frames to ${maxFrameBytes} bytes: the limit must be an integer from 4 to ${LARGEST_FRAME_BYTES}`,
  );
}

// In Deno 2.9 one that refuses takes a slower way through the runtime. See `docs/decisions/wire.md`.
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text of UTF-8. Throws TypeError where the bytes are not. */
export function textOfUtf8(bytes: Uint8Array): string {
  const text = lenient.decode(bytes);
  // It stands for what cannot be read, or for itself.
  return text.includes("\ufffd") ? strict.decode(bytes) : text;
}
