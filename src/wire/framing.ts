/**
 * Turns texts with binary parts into length-prefixed frames, and back. Pure: knows no pipes and no JSON.
 *
 * A frame is a u32 (big-endian, as all lengths) with the number of bytes that follow, a u32 with the length of the text,
 * the text as UTF-8, and any number of parts, each a u32 with its length and its bytes.
 */

export { DEFAULT_MAX_FRAME_BYTES } from "./frame_format.ts";
export { FrameBuffer, requireFrameFits } from "./frame_buffer.ts";
export { FrameDecoder, type FrameHandler } from "./frame_decoder.ts";
