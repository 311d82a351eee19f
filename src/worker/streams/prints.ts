import { withoutColors } from "../../colors.ts";
import { LinePrinter } from "../../line_printer.ts";
import { writeToProgram } from "../../printing.ts";
import type { WorkerExit } from "../exit_error.ts";

const TAIL_BYTES = 8 * 1024;
const NEWLINE = 10;

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
  /** It has been passed on. */
  readonly onPrinted: (stream: 1 | 2, bytes: Uint8Array, taskId: number) => void;
}

/** What a worker prints: passed on in whole lines, those of its console and those of its own stderr apart; the end of it is kept for errors. */
export class WorkerPrints {
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
    this.#options.onPrinted(stream, bytes, taskId);
  }

  /** Reads its own stderr to the end. */
  async readStderr(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    while (true) {
      const { value, done } = await reader.read();
      if (done) return;
      for (const printed of this.#takeMemoryMarker(value)) this.#printOwn(printed);
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
    for (const printer of [this.#out, this.#err, this.#ownErr]) printer.flush();
  }

  #printOwn(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#tail.add(bytes);
    this.#ownErr.print(bytes);
    this.#options.onPrinted(2, bytes, 0);
  }

  /** Takes the marker out of what was read, in which more may stand: a thread of the worker prints it while its code may print as well. */
  #takeMemoryMarker(bytes: Uint8Array): Uint8Array[] {
    const start = indexOf(bytes, this.#memoryMarker);
    if (start < 0) return [bytes];
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    const [, resident, limit] = new TextDecoder().decode(bytes.subarray(start, end)).trim().split(" ");
    this.#exceededMemory = { residentBytes: Number(resident), limitBytes: Number(limit) };
    return [bytes.subarray(0, start), bytes.subarray(end)];
  }
}

/** Where some bytes begin in others; -1 if they are not there. */
function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  let at = bytes.indexOf(part[0]!);
  while (at >= 0 && !part.every((byte, offset) => bytes[at + offset] === byte)) at = bytes.indexOf(part[0]!, at + 1);
  return at;
}
