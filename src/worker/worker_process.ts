import { ProtocolError } from "../errors.ts";
import { after, type Timer, untilSettled } from "../timer.ts";
import { VERSION } from "../wire/version.ts";
import { BlockReader } from "../wire/block_reader.ts";
import { Channel } from "../wire/channel.ts";
import type { HubMessage } from "../wire/messages/hub_messages.ts";
import { STOP, WAKE } from "../wire/messages/to_child.ts";
import { type ChildMessage, readChildMessage } from "../wire/messages/to_parent.ts";
import { PROTOCOL_VERSION } from "../wire/protocol.ts";
import type { LaunchCommand } from "./program/command_line.ts";
import type { WorkerExit } from "./exit_error.ts";
import { writeToProgram } from "../printing.ts";
import { LinePrinter } from "../line_printer.ts";
import { OutputTail } from "./output.ts";
import { SilenceWatch, type Watched } from "./silence_watch.ts";
import { spawnWorker } from "./program/spawn.ts";
import { TurnTaking } from "./turn_taking.ts";
import { StandbyWatch } from "./standby_watch.ts";
import { WorkerInput } from "./worker_input.ts";
import { WorkerOutput } from "./worker_output.ts";

/** What the owner of a worker process is told, in this order for one worker. */
export interface WorkerProcessEvents {
  /** A message after the handshake, of so many bytes. What it throws is taken as the worker's breach of protocol. */
  message(message: ChildMessage | HubMessage, parts: Uint8Array[], bytes: number): void;
  /** Bytes have left for the worker. */
  written(): void;
  /** From now on the worker says that it begins a task, or does not. */
  standby(on: boolean): void;
  /** All messages of one read were handled. */
  readEnd(): void;
  /** Whether something is to come from the worker: then it is resumed if it was stopped. */
  isAwaited(): boolean;
  /** The worker printed; the bytes have been passed on already. */
  output(stream: 1 | 2, bytes: Uint8Array, taskId: number): void;
  /** The process has ended. What it wrote may still be on its way, and others may hold its pipes open. */
  died(): void;
  /** The process has ended and everything it wrote was handled. Called once, last. */
  exited(exit: WorkerExit): void;
}

/** How a worker process is started and ended. */
export interface WorkerProcessOptions {
  readonly command: LaunchCommand;
  readonly events: WorkerProcessEvents;
  readonly maxFrameBytes?: number | undefined;
  /** What the child prints before it ends itself for memory. */
  readonly memoryMarker: string;
  /** By what its messages are told from its output. */
  readonly blockSecret: string;
  /** Time between SIGTERM and SIGKILL, in milliseconds. */
  readonly killGraceMs: number;
  /** Whether this program prints what the worker prints. @default true */
  readonly passOutput?: boolean;
  /** Whether the process leads a group of its own, and does not hear of the program's terminal. @default false */
  readonly ownGroup?: boolean;
}

// A grandchild may hold the pipes open after the worker is dead.
const DRAIN_LIMIT_MS = 500;
// After the stop message; the child may run `unload` listeners.
const STOP_GRACE_MS = 1000;
// What a pipe holds. When so much has left, the worker has read what came before.
const PIPE_BYTES = 64 * 1024;
// Between the end of a worker's output and its exit, which otherwise come together.
const MUTE_LIMIT_MS = 250;

/** One worker process: its streams, its handshake, and the ladder that ends it. */
export class WorkerProcess {
  readonly pid: number;
  /** Settles when the process has ended and `events.exited` was called. */
  readonly ended: Promise<void>;
  readonly #child: Deno.ChildProcess;
  readonly #events: WorkerProcessEvents;
  readonly #memoryMarker: string;
  readonly #killGraceMs: number;
  readonly #input: WorkerInput;
  readonly #output: WorkerOutput;
  readonly #channel: Channel;
  readonly #blocks: BlockReader;
  readonly #turns = new TurnTaking();
  readonly #printers: readonly LinePrinter[];
  readonly #tail = new OutputTail();
  readonly #standby = new StandbyWatch(() => this.#wake());
  readonly #silence: SilenceWatch;
  #readBytes = 0;
  /** Whether something was printed since the last flush. */
  #hasUnflushed = false;
  #greeted = false;
  #ready = false;
  #exited = false;
  #isOver = false;
  #isTerminating = false;
  #violation: unknown;
  #exceededMemory: WorkerExit["exceededMemory"];
  #referenced = true;
  #escalation: Timer | undefined;
  #muteTimer: Timer | undefined;

  /** Starts the process. Throws what `Deno.Command` throws. */
  constructor(options: WorkerProcessOptions) {
    this.#events = options.events;
    this.#memoryMarker = options.memoryMarker;
    this.#killGraceMs = options.killGraceMs;
    const { passOutput = true } = options;
    this.#printers = ([1, 2, 2] as const).map((stream) =>
      new LinePrinter(passOutput ? (bytes) => writeToProgram(stream, bytes) : () => {})
    );
    this.#child = spawnWorker(options.command, options.ownGroup ?? false);
    this.pid = this.#child.pid;
    this.#input = new WorkerInput(this.#child);
    this.#input.begin(options.command.preamble);
    this.#output = new WorkerOutput(this.#child);
    this.#blocks = new BlockReader({
      secret: options.blockSecret,
      onOutput: (bytes) => this.#print(1, bytes.slice(), 0),
    });
    this.#channel = new Channel({
      read: (buffer) => this.#output.read(buffer),
      write: (chunk) => this.#input.write(chunk),
      sliceBytes: PIPE_BYTES,
      open: (chunk, pass) => {
        this.#readBytes += chunk.byteLength;
        // Who was told that the process has exited hears nothing of it any more.
        if (!this.#isOver) this.#blocks.push(chunk, pass);
      },
      onFrame: (text, parts, bytes) => this.#receive(text, parts, bytes),
      onWritten: () => this.#events.written(),
      onChunkEnd: () => this.#events.readEnd(),
      turns: this.#turns,
      maxFrameBytes: options.maxFrameBytes,
    });
    this.#silence = new SilenceWatch(this.#watched());
    this.ended = this.#live();
  }

  /** See {@linkcode Channel}. */
  get writing(): Promise<void> | undefined {
    return this.#channel.writing;
  }

  /** Resolves when what was read has been handled; all has been when it is `undefined`. */
  get reading(): Promise<void> | undefined {
    return this.#channel.reading;
  }

  /** See {@linkcode Channel}. */
  get appendedBytes(): number {
    return this.#channel.appendedBytes;
  }

  /** See {@linkcode Channel}. */
  get writtenBytes(): number {
    return this.#channel.writtenBytes;
  }

  /** Adds a message to what leaves with the next `flush()`. Throws PayloadTooLargeError. */
  append(text: string, parts?: readonly Uint8Array[]): void {
    this.#channel.append(text, parts);
    this.#standby.sent();
  }

  /** Sends what was appended. */
  flush(): void {
    this.#channel.flush();
  }

  /** Whether the process keeps the program alive. */
  setReferenced(referenced: boolean): void {
    if (this.#exited || referenced === this.#referenced) return;
    this.#referenced = referenced;
    this.#output.setReferenced(referenced);
    try {
      if (referenced) this.#child.ref();
      else this.#child.unref();
    } catch {
      // Its streams have ended: the exit is on its way.
    }
  }

  /** Prints what the worker left unfinished on a line; called when a task has ended. */
  flushOutput(): void {
    if (!this.#hasUnflushed) return;
    this.#hasUnflushed = false;
    this.#printers[0]!.flush();
    this.#printers[1]!.flush();
  }

  /** Asks the worker to leave; ends it if it does not. */
  stop(): void {
    if (this.#exited || this.#escalation !== undefined) return;
    this.append(STOP);
    this.flush();
    this.setReferenced(true);
    this.#escalateAfter(STOP_GRACE_MS, () => this.terminate());
  }

  /** Ends the worker with SIGTERM, and with SIGKILL if that does not help. */
  terminate(): void {
    // Called again, it must not put the last step off.
    if (this.#exited || this.#isTerminating) return;
    this.#isTerminating = true;
    this.setReferenced(true);
    this.signal("SIGTERM");
    this.#escalateAfter(this.#killGraceMs, () => this.kill());
  }

  /** Ends the worker at once. */
  kill(): void {
    if (this.#exited) return;
    this.#escalation?.cancel();
    this.signal("SIGKILL");
  }

  /** Sends a signal, and leaves the rest to the worker. */
  signal(signal: Deno.Signal): void {
    if (this.#exited) return;
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended already; `exited` will be called.
    }
  }

  #escalateAfter(ms: number, next: () => void): void {
    this.#escalation?.cancel();
    this.#escalation = after(ms, next);
  }

  #receive(text: string, parts: Uint8Array[], bytes: number): void {
    const message = readChildMessage(text, parts);
    if (!this.#greeted) {
      checkGreeting(message);
      this.#greeted = true;
      return;
    }
    if (message[0] === "output") return this.#receiveOutput(message, parts);
    if (message[0] === "standby") return this.#beginStandby();
    if (message[0] === "ready") this.#ready = true;
    this.#events.message(message, parts, bytes);
  }

  #beginStandby(): void {
    this.#standby.begin();
    this.#events.standby(true);
  }

  #wake(): void {
    this.append(WAKE);
    this.flush();
    this.#events.standby(false);
  }

  #receiveOutput([, stream, taskId, text]: Extract<ChildMessage, ["output", ...unknown[]]>, parts: Uint8Array[]): void {
    const bytes = text === null ? parts[0]! : new TextEncoder().encode(text);
    this.#print(stream, bytes, taskId);
  }

  #print(stream: 1 | 2, bytes: Uint8Array, taskId: number): void {
    if (stream === 2) this.#tail.add(bytes);
    this.#printers[stream - 1]!.print(bytes);
    this.#hasUnflushed = true;
    this.#events.output(stream, bytes, taskId);
  }

  async #live(): Promise<void> {
    const stderr = this.#child.stderr.getReader();
    const drained = Promise.allSettled([this.#readMessages(), this.#readStderr(stderr)]);
    const status = await this.#child.status;
    this.#escalation?.cancel();
    this.#muteTimer?.cancel();
    this.#exited = true;
    this.#silence.end();
    this.#turns.hurry();
    this.#events.died();
    await settledWithin(drained, DRAIN_LIMIT_MS);
    this.#standby.end();
    this.#output.close();
    stderr.cancel().catch(() => {});
    this.#input.close();
    for (const printer of this.#printers) printer.flush();
    this.#isOver = true;
    this.#events.exited({
      pid: this.pid,
      exitCode: status.code,
      signal: status.signal,
      stderrTail: this.#tail.text,
      wasReady: this.#ready,
      inFrame: this.#isInFrame,
      violation: this.#violation,
      exceededMemory: this.#exceededMemory,
    });
  }

  async #readMessages(): Promise<void> {
    try {
      await this.#channel.run();
      this.#blocks.end();
      this.#awaitExit();
    } catch (error) {
      this.#condemn(error);
    }
  }

  /** Nothing more can come from the worker: what it holds would wait for ever, if its code closed the stream and lives on. */
  #awaitExit(): void {
    if (this.#exited) return;
    this.#muteTimer = after(
      MUTE_LIMIT_MS,
      () => this.#condemn(new ProtocolError("it closed its standard output")),
    );
    this.#muteTimer.setReferenced(this.#referenced);
  }

  get #isInFrame(): boolean {
    return this.#channel.inFrame || this.#blocks.inBlock;
  }

  #watched(): Watched {
    const [readBytes, isInFrame] = [() => this.#readBytes, () => this.#isInFrame];
    const { isAwaited } = this.#events;
    return {
      get writtenBytes() {
        return readBytes();
      },
      get isInFrame() {
        return isInFrame();
      },
      get isAwaited() {
        return isAwaited();
      },
      resume: () => Deno.build.os === "windows" || this.signal("SIGCONT"),
      giveUp: () => this.#condemn(new ProtocolError("it began a message and did not finish it within 10 s")),
    };
  }

  #condemn(violation: unknown): void {
    this.#violation ??= violation;
    this.kill();
  }

  async #readStderr(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    while (true) {
      const { value, done } = await reader.read();
      if (done) return;
      if (this.#readMemoryMarker(value)) continue;
      this.#tail.add(value);
      this.#printers[2]!.print(value);
      this.#events.output(2, value, 0);
    }
  }

  #readMemoryMarker(bytes: Uint8Array): boolean {
    if (bytes.length > 1024) return false;
    const [marker, resident, limit] = new TextDecoder().decode(bytes).trim().split(" ");
    if (marker !== this.#memoryMarker) return false;
    this.#exceededMemory = { residentBytes: Number(resident), limitBytes: Number(limit) };
    return true;
  }
}

function checkGreeting(message: ChildMessage | HubMessage): void {
  if (message[0] !== "hello") {
    throw new ProtocolError(`the first message is ${JSON.stringify(message[0])}, not "hello"`);
  }
  if (message[1] === PROTOCOL_VERSION) return;
  throw new ProtocolError(
    `it speaks protocol ${message[1]} (corral ${
      message[2]
    }), this program speaks ${PROTOCOL_VERSION} (corral ${VERSION})`,
  );
}

/** Waits for `work`, in several short steps: a program that was busy for long must still get its last reads in. */
async function settledWithin(work: Promise<unknown>, limitMs: number): Promise<void> {
  const steps = 5;
  for (let step = 0; step < steps; step++) {
    if (await untilSettled(work, { timeoutMs: limitMs / steps })) return;
  }
}
