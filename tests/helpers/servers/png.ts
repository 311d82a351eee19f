/** As much of the PNG format as a look at a screenshot needs. */

import { inflateSync } from "node:zlib";

const SIGNATURE_BYTES = 8;

/** The colour of the first pixel, as red, green and blue. */
export function firstPixel(png: Uint8Array): readonly [red: number, green: number, blue: number] {
  const view = new DataView(png.buffer, png.byteOffset);
  const data: Uint8Array[] = [];
  for (let at = SIGNATURE_BYTES; at < png.length;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    if (type === "IDAT") data.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  // The first pixel has no neighbours before it, so that every filter leaves it as it is.
  const [, red, green, blue] = inflateSync(new Uint8Array(data.flatMap((part) => [...part])));
  return [red!, green!, blue!];
}
