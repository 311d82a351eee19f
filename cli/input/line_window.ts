/** What readers of lines do at the beginning of an input. */

import type { ByteWindow } from "./byte_window.ts";

const NEWLINE = 10;

/** Passes a byte order mark, if there is one. */
export async function skipByteOrderMark(window: ByteWindow): Promise<void> {
  const mark = [0xEF, 0xBB, 0xBF];
  // Waits for no more than it needs: a first record of two bytes must not wait for a third one.
  const isPossible = () => {
    const size = Math.min(3, window.end - window.start);
    return mark.slice(0, size).every((byte, at) => window.buffer[window.start + at] === byte) && size < 3;
  };
  while (isPossible() && !window.ended) await window.more();
  const { buffer, start, end } = window;
  if (end - start >= 3 && mark.every((byte, at) => buffer[start + at] === byte)) window.consume(start + 3);
}

/** Passes everything to the end of the present line, or of the input. */
export async function skipLine(window: ByteWindow, delimiter: number = NEWLINE): Promise<void> {
  for (;;) {
    const found = window.buffer.subarray(0, window.end).indexOf(delimiter, window.start);
    window.consume(found < 0 ? window.end : found + 1);
    if (found >= 0 || window.ended) return;
    await window.more();
  }
}

/** Passes so many lines, or all that there are; returns how many. */
export async function skipLines(window: ByteWindow, most: number, delimiter: number = NEWLINE): Promise<number> {
  let count = 0;
  for (; count < most && !(window.ended && window.start === window.end); count++) await skipLine(window, delimiter);
  return count;
}
