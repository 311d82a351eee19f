import { withoutColors } from "../../colors.ts";
import { writeOutput } from "../../wire/messages/to_parent.ts";
import type { WorkerSettings } from "../../wire/protocol.ts";
import type { PrintHandler } from "./console.ts";
import { writeAll } from "./write_all.ts";

const MAX_PRINT_BYTES = 1024 * 1024;

/** JSON makes at most 6 bytes of a character. */
const MAX_JSON_BYTES_PER_CHARACTER = 6;

/** Longer texts travel as bytes: the text of a message is limited. */
const MAX_TEXT_UNITS = 32 * 1024;

/** What an output router writes to. */
export interface OutputRouterOptions {
  /** Sends one message to the parent. */
  readonly send: (text: string, parts?: readonly Uint8Array[]) => void;
  /** The process's own stderr, which `print` never writes to on its own account. Returns how many bytes it took. */
  readonly writeStderr: (bytes: Uint8Array) => number;
  /** The id of the task whose code is running, 0 when none is. */
  readonly currentTask: () => number;
}

/** Takes what user code prints to the parent, as messages that name the task. */
export class OutputRouter {
  readonly #options: OutputRouterOptions;
  #maxPrintBytes = MAX_PRINT_BYTES;
  #errorsGoDirectly = false;
  #plain: 1 | 2 | undefined;
  /** What was printed before anything could be sent: a module with a top-level `await` may run so early. */
  #held: Parameters<PrintHandler>[] | undefined;

  /** Until it is told otherwise, both streams go to the parent. */
  constructor(options: OutputRouterOptions) {
    this.#options = options;
  }

  /** Makes messages so small that they fit into frames of that size. */
  limitTo(maxFrameBytes: number): void {
    this.#maxPrintBytes = Math.min(MAX_PRINT_BYTES, Math.floor(maxFrameBytes / 2));
  }

  /** Says which of the program's streams show colours. Deno has one answer for both; of what it adds, a plain stream gets none. */
  color(colored: WorkerSettings["colored"]): void {
    if (colored[1] !== colored[2]) this.#plain = colored[1] ? 2 : 1;
  }

  /**
   * From now on, stderr is the process's own: Deno prints an uncaught error there, and that must not overtake what was
   * printed before.
   */
  leaveErrors(): void {
    this.#errorsGoDirectly = true;
  }

  /** Keeps what is printed until `open()`: nothing can be sent yet. */
  hold(): void {
    this.#held = [];
  }

  /** From now on, messages can be sent. */
  open(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const [stream, printed] of held) this.print(stream, printed);
  }

  /** Passes on what user code printed. */
  readonly print: PrintHandler = (stream, printed) => {
    if (this.#held !== undefined) {
      this.#held.push([stream, typeof printed === "string" ? printed : printed.slice()]);
      return;
    }
    const output = typeof printed === "string" && stream === this.#plain ? withoutColors(printed) : printed;
    if (stream === 2 && this.#errorsGoDirectly) return this.printError(output);
    const { send, currentTask } = this.#options;
    const task = currentTask();
    const limit = this.#maxPrintBytes;
    if (typeof output === "string" && output.length <= Math.min(MAX_TEXT_UNITS, limit / MAX_JSON_BYTES_PER_CHARACTER)) {
      return send(writeOutput(stream, task, output));
    }
    const bytes = bytesOf(output);
    for (let start = 0; start < bytes.length; start += limit) {
      send(writeOutput(stream, task, null), [bytes.subarray(start, start + limit)]);
    }
  };

  /** Writes to the process's own stderr, whatever has become of the parent. */
  printError(output: string | Uint8Array): void {
    try {
      writeAll(this.#options.writeStderr, bytesOf(output));
    } catch {
      // There is nobody to print for any more.
    }
  }
}

function bytesOf(output: string | Uint8Array): Uint8Array {
  return typeof output === "string" ? new TextEncoder().encode(output) : output;
}
