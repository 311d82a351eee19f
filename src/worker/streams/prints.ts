import { withoutColors } from "../../colors.ts";
import { LinePrinter } from "../../line_printer.ts";
import { writeToProgram } from "../../printing.ts";
import type { WorkerExit } from "../exit_error.ts";
import { PrintBacklog } from "./print_backlog.ts";

const TAIL_BYTES = 8 * 1024;
const NEWLINE = 10;
/** What stands behind the marker at most: two numbers of bytes. */
const MARKER_NUMBERS_BYTES = 48;

/** Keeps the last 8 KiB of what was added. */
export class OutputTail {
  /** A ring: the oldest bytes are overwritten. */
  readonly #ring = new Uint8Array(TAIL_BYTES);
  #size = 0;

  /** Adds bytes; older ones are dropped when they are no longer needed. */
  add(bytes: Uint8Array): void {
    const last = bytes.subarray(-TAIL_BYTES);
    const at = this.#size % TAIL_BYTES;
    const first = last.subarray(0, TAIL_BYTES - at);
    this.#ring.set(first, at);
    this.#ring.set(last.subarray(first.length));
    this.#size += last.length;
  }

  /** The tail as text, without colours. */
  get text(): string {
    const at = this.#size <= TAIL_BYTES ? 0 : this.#size % TAIL_BYTES;
    const length = Math.min(this.#size, TAIL_BYTES);
    const all = new Uint8Array(length);
    all.set(this.#ring.subarray(at, length));
    all.set(this.#ring.subarray(0, at), length - at);
    // Of the character that the tail begins within, nothing can be read.
    const start = all.findIndex((byte) => (byte & 0xc0) !== 0x80);
    return withoutColors(new TextDecoder().decode(start > 3 ? all : all.subarray(Math.max(start, 0))));
  }
}

/** What is heard of what a worker prints, beside its end. */
export interface PrintsOptions {
  /** Whether this program prints it. */
  readonly passOutput: boolean;
  /** What the worker prints before it ends itself for memory. */
  readonly memoryMarker: string;
  /** It has been passed on. May return when those who were told have taken it. */
  readonly onPrinted: (stream: 1 | 2, bytes: Uint8Array, taskId: number) => PromiseLike<unknown> | void;
}

/** What a worker prints: passed on in whole lines, those of its console and those of its own stderr apart; the end of it is kept for errors. */
export class WorkerPrints {
  /** What of it was not taken yet. */
  readonly backlog = new PrintBacklog();
  readonly #options: PrintsOptions;
  readonly #memoryMarker: Uint8Array;
  readonly #out: LinePrinter;
  readonly #err: LinePrinter;
  /** Of what comes on its own stderr, not by messages. */
  readonly #ownErr: LinePrinter;
  readonly #tail = new OutputTail();
  /** Whether something was printed since the last flush. */
  #hasUnflushed = false;
  #exceededMemory: WorkerExit["exceededMemory"];
  /** What its own stderr ended with so far, if that may be the beginning of the line about memory. */
  #held: Uint8Array = new Uint8Array(0);

  /** Nothing is printed yet. */
  constructor(options: PrintsOptions) {
    this.#options = options;
    this.#memoryMarker = new TextEncoder().encode(options.memoryMarker);
    const printer = (stream: 1 | 2): LinePrinter =>
      new LinePrinter(options.passOutput ? (bytes) => writeToProgram(stream, bytes) : () => {});
    [this.#out, this.#err, this.#ownErr] = [printer(1), printer(2), printer(2)];
  }

  /** The last 8 KiB of what it printed on stderr. */
  get tail(): string {
    return this.#tail.text;
  }

  /** The limit that it exceeded, if it said so. */
  get exceededMemory(): WorkerExit["exceededMemory"] {
    return this.#exceededMemory;
  }

  /** Takes what it printed, in a task or in none. */
  print(stream: 1 | 2, bytes: Uint8Array, taskId: number): void {
    if (stream === 2) this.#tail.add(bytes);
    (stream === 1 ? this.#out : this.#err).print(bytes);
    this.#hasUnflushed = true;
    this.#tell(stream, bytes, taskId);
  }

  /** Reads its own stderr to the end. */
  async readStderr(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    while (true) {
      while (this.backlog.room !== undefined) await this.backlog.room;
      const { value, done } = await reader.read();
      if (done) return this.#printHeld();
      const { printed, rest } = this.#takeMemoryMarker(joined(this.#held, value));
      this.#held = rest.slice();
      for (const bytes of printed) this.#printOwn(bytes);
    }
  }

  /** Prints what was left unfinished on a line by a task that has ended. */
  flush(): void {
    if (!this.#hasUnflushed) return;
    this.#hasUnflushed = false;
    this.#out.flush();
    this.#err.flush();
  }

  /** Nothing more comes. */
  end(): void {
    this.#printHeld();
    for (const printer of [this.#out, this.#err, this.#ownErr]) printer.flush();
  }

  #printHeld(): void {
    const held = this.#held;
    this.#held = new Uint8Array(0);
    this.#printOwn(held);
  }

  #printOwn(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#tail.add(bytes);
    this.#ownErr.print(bytes);
    this.#tell(2, bytes, 0);
  }

  #tell(stream: 1 | 2, bytes: Uint8Array, taskId: number): void {
    const taken = this.#options.onPrinted(stream, bytes, taskId);
    if (taken) this.backlog.add(bytes.length, taken);
  }

  /**
   * Takes the marker out of what was read, in which more may stand: a thread of the worker prints it while its code may print as well. `rest` may
   * be its beginning: where there is much to read, a read ends anywhere.
   */
  #takeMemoryMarker(bytes: Uint8Array): { readonly printed: readonly Uint8Array[]; readonly rest: Uint8Array } {
    const start = indexOf(bytes, this.#memoryMarker);
    const newline = start < 0 ? -1 : bytes.indexOf(NEWLINE, start);
    if (newline < 0) {
      const end = start < 0 ? bytes.length - beginningAtEnd(bytes, this.#memoryMarker) : start;
      // What is longer than the line can be is not held.
      const at = bytes.length - end > this.#memoryMarker.length + MARKER_NUMBERS_BYTES ? bytes.length : end;
      return { printed: [bytes.subarray(0, at)], rest: bytes.subarray(at) };
    }
    const [, resident, limit] = new TextDecoder().decode(bytes.subarray(start, newline)).split(" ");
    this.#exceededMemory = { residentBytes: Number(resident), limitBytes: Number(limit) };
    return { printed: [bytes.subarray(0, start), bytes.subarray(newline + 1)], rest: new Uint8Array(0) };
  }
}

/** Where some bytes begin in others; -1 if they are not there. */
function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  let at = bytes.indexOf(part[0]!);
  while (at >= 0 && !part.every((byte, offset) => bytes[at + offset] === byte)) at = bytes.indexOf(part[0]!, at + 1);
  return at;
}

/** How many bytes at the end are the beginning of others. */
function beginningAtEnd(bytes: Uint8Array, whole: Uint8Array): number {
  let length = Math.min(bytes.length, whole.length - 1);
  while (length > 0 && !whole.subarray(0, length).every((byte, at) => bytes[bytes.length - length + at] === byte)) {
    length--;
  }
  return length;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
