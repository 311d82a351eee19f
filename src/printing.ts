/**
 * How the library writes to the program's own stdout and stderr. What stands at the bottom of the terminal, a progress bar, is
 * taken away for the time, so that nothing that tasks print tears it.
 */
import { shared } from "./copies.ts";

/** What stands in the way of printing. */
export interface BottomOfTerminal {
  /** Makes room, has something written, and comes back. */
  around(write: () => void): void;
}

const FULL_PIPE_WAIT_MS = 1;
const NEWLINE = 10;
const LINE_END = Uint8Array.of(NEWLINE);

// Another copy of the library may draw the bar.
const place = shared<{ bottom: BottomOfTerminal | undefined }>("bottom of terminal", () => ({ bottom: undefined }));

/** Says what stands at the bottom of the terminal, or that nothing does. */
export function setBottomOfTerminal(bottom: BottomOfTerminal | undefined): void {
  place.bottom = bottom;
}

/** Writes to one of the program's streams, whole. What is wrong with the stream (its reader is gone, the disk is full) is ignored. */
export function writeToProgram(stream: 1 | 2, bytes: Uint8Array): void {
  const { bottom } = place;
  if (bottom === undefined) return writeDirectly(stream, bytes);
  bottom.around(() => {
    writeDirectly(stream, bytes);
    // What is drawn behind it in the same line would take it away when it goes.
    if (leavesLineOpen(stream, bytes)) writeDirectly(stream, LINE_END);
  });
}

function leavesLineOpen(stream: 1 | 2, bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.at(-1) !== NEWLINE && isTerminal(stream);
}

/** Whether one of the program's streams is a terminal. The program may have closed it: `pipeTo(Deno.stdout.writable)` does. */
export function isTerminal(stream: 1 | 2): boolean {
  try {
    return (stream === 1 ? Deno.stdout : Deno.stderr).isTerminal();
  } catch {
    return false;
  }
}

/** The same, whatever stands at the bottom of the terminal: for that itself. */
export function writeDirectly(stream: 1 | 2, bytes: Uint8Array): void {
  const target = stream === 1 ? Deno.stdout : Deno.stderr;
  for (let rest = bytes; rest.length > 0;) {
    try {
      const written = target.writeSync(rest);
      // A test may have put a function there that keeps what it is given, and says nothing.
      if (!(written > 0)) return;
      rest = rest.subarray(written);
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) return;
      // Another process that shares the pipe has made it non-blocking, and it is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_WAIT_MS);
    }
  }
}
