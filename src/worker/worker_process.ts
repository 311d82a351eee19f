import { ProtocolError } from "../errors.ts";
import { after, type Timer, untilSettled } from "../timer.ts";
import { BlockReader } from "../wire/block_reader.ts";
import { Channel } from "../wire/channel.ts";
import type { HubMessage } from "../wire/messages/hub_messages.ts";
import { STOP, WAKE } from "../wire/messages/to_child.ts";
import { type ChildMessage, readChildMessage } from "../wire/messages/to_parent.ts";
import type { LaunchCommand } from "./program/command_line.ts";
import { EndingLadder } from "./ending_ladder.ts";
import type { WorkerExit } from "./exit_error.ts";
import { checkHello } from "./hello.ts";
import { LeavingWatch } from "./leaving_watch.ts";
import { ProgramHold } from "./program_hold.ts";
import { SilenceWatch } from "./silence_watch.ts";
import { type BootingProcess, endOf, startProcess } from "./program/spawn.ts";
import { StandbyWatch } from "./standby_watch.ts";
import { WorkerPrints } from "./streams/prints.ts";
import { TurnTaking } from "./streams/turn_taking.ts";
import type { WorkerInput } from "./streams/worker_input.ts";
import { WorkerOutput } from "./streams/worker_output.ts";

/** What the owner of a worker process is told, in this order for one worker. */
export interface WorkerProcessEvents {
  /** A message after the hello, of so many bytes. What it throws is taken as the worker's violation of protocol. */
  message(message: ChildMessage | HubMessage, parts: Uint8Array[], bytes: number): void;
  /** Bytes have left for the worker. */
  written(): void;
  /** From now on the worker says that it begins a task, or does not. */
  standby(on: boolean): void;
  /** All messages of one read were handled. */
  readEnd(): void;
  /** Whether something is to come from the worker: then it is resumed if it was stopped. */
  isAwaited(): boolean;
  /** Whether it has tasks and asks nothing of this program: then its event loop turns, or it has not read yet. */
  turns(): boolean;
  /** The worker printed; the bytes have been passed on already. May return when they have been taken: see `PrintBacklog`. */
  output(stream: 1 | 2, bytes: Uint8Array, taskId: number): PromiseLike<unknown> | void;
  /** The process has ended. What it wrote may still be on its way, and others may hold its pipes open. */
  died(): void;
  /** The process has ended and everything it wrote was handled. Called once, last. */
  exited(exit: WorkerExit): void;
}

/** How a worker process is started and ended. */
export interface WorkerProcessOptions {
  readonly command: LaunchCommand;
  /** The process, and what writes to it, where it was started before. */
  readonly started?: BootingProcess | undefined;
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
// What a pipe holds. When so much has left, the worker has read what came before.
const PIPE_BYTES = 64 * 1024;
// Between the end of a worker's output and its exit, which otherwise come together.
const MUTE_LIMIT_MS = 250;

/** One worker process: its hello, its messages, and its end. */
export class WorkerProcess {
  readonly pid: number;
  /** Settles when the process has ended and `events.exited` was called. */
  readonly ended: Promise<void>;
  /** When what was sent has left. */
  readonly leaving = new LeavingWatch();
  readonly #child: Deno.ChildProcess;
  readonly #events: WorkerProcessEvents;
  readonly #input: WorkerInput;
  readonly #output: WorkerOutput;
  readonly #channel: Channel;
  readonly #blocks: BlockReader;
  readonly #turns = new TurnTaking();
  readonly #prints: WorkerPrints;
  readonly #ladder: EndingLadder;
  readonly #standby = new StandbyWatch(() => this.#wake(), () => this.#events.turns());
  readonly #silence: SilenceWatch;
  readonly #hold = new ProgramHold((holds) => this.#tellReferenced(holds));
  #readBytes = 0;
  #readOnUntil = 0;
  #saidHello = false;
  #ready = false;
  #exited = false;
  #isOver = false;
  #violation: unknown;
  #muteTimer: Timer | undefined;

  /** Starts the process. Throws what `Deno.Command` throws. */
  constructor(options: WorkerProcessOptions) {
    this.#events = options.events;
    const { memoryMarker, passOutput = true, killGraceMs } = options;
    const onPrinted: WorkerProcessEvents["output"] = (stream, bytes, task) => this.#events.output(stream, bytes, task);
    this.#prints = new WorkerPrints({ passOutput, memoryMarker, onPrinted });
    this.#ladder = new EndingLadder(
      {
        ask: () => this.#ask(),
        signal: (signal) => this.signal(signal),
        awaited: () => this.setReferenced(true),
      },
      killGraceMs,
    );
    ({ child: this.#child, input: this.#input } = options.started ?? startProcess(options.command, options.ownGroup));
    this.pid = this.#child.pid;
    this.#output = new WorkerOutput(this.#child);
    this.#blocks = new BlockReader({
      secret: options.blockSecret,
      onOutput: (bytes) => this.#prints.print(1, bytes.slice(), 0),
    });
    this.#channel = new Channel({
      read: (buffer) => this.#output.read(buffer),
      room: () => this.#readBytes < this.#readOnUntil ? undefined : this.#prints.backlog.room,
      write: (chunk) => this.#input.write(chunk),
      sliceBytes: PIPE_BYTES,
      open: (chunk, pass) => {
        this.#readBytes += chunk.byteLength;
        // After `exited`, nothing more may be told of the process.
        if (!this.#isOver) this.#blocks.push(chunk, pass);
      },
      onFrame: (text, parts, bytes) => this.#receive(text, parts, bytes),
      onWritten: () => {
        this.leaving.written(this.writtenBytes);
        this.#events.written();
      },
      onChunkEnd: () => this.#events.readEnd(),
      turns: this.#turns,
      maxFrameBytes: options.maxFrameBytes,
    });
    this.#silence = new SilenceWatch({
      receivedBytes: () => this.#readBytes,
      isInFrame: () => this.#isInFrame,
      isRead: () => this.#prints.backlog.room === undefined,
      isAwaited: () => this.#events.isAwaited(),
      resume: () => Deno.build.os === "windows" || this.signal("SIGCONT"),
      giveUp: () => this.#killForViolation(new ProtocolError("it began a message and did not finish it within 10 s")),
    });
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

  /** Reads what lies in its pipe now, also where it is not read, since nobody has taken what it printed: an answer may be among it. */
  readOn(): void {
    this.#readOnUntil = this.#readBytes + PIPE_BYTES;
    this.#prints.backlog.wake();
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
    if (!this.#exited) this.#hold.set(referenced);
  }

  /** The last that it wrote to its standard error. */
  get stderrTail(): string {
    return this.#prints.tail;
  }

  /** Prints what the worker left unfinished on a line; called when a task has ended. */
  flushOutput(): void {
    this.#prints.flush();
  }

  /** Asks the worker to leave; ends it if it does not. */
  stop(): void {
    this.#ladder.stop();
  }

  /** Ends the worker with SIGTERM, and with SIGKILL if that does not help. */
  terminate(): void {
    this.#ladder.terminate();
  }

  /** Ends the worker at once. */
  kill(): void {
    this.#ladder.kill();
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

  #tellReferenced(referenced: boolean): void {
    this.#output.setReferenced(referenced);
    try {
      if (referenced) this.#child.ref();
      else this.#child.unref();
    } catch {
      // Its streams have ended: the exit is on its way.
    }
  }

  #ask(): void {
    this.append(STOP);
    this.flush();
  }

  #receive(text: string, parts: Uint8Array[], bytes: number): void {
    const message = readChildMessage(text, parts);
    if (!this.#saidHello) {
      checkHello(message);
      this.#saidHello = true;
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
    this.#prints.print(stream, bytes, taskId);
  }

  async #live(): Promise<void> {
    const stderr = this.#child.stderr.getReader();
    const drained = Promise.allSettled([this.#readMessages(), this.#prints.readStderr(stderr)]);
    const status = await endOf(this.#child);
    this.#ladder.end();
    this.#muteTimer?.cancel();
    this.#exited = true;
    this.#hold.end();
    this.#silence.end();
    this.#turns.hurry();
    this.#prints.backlog.end();
    this.#events.died();
    // A write fails by itself, but may do so after the exit: nothing of the worker is under way when it is said to have ended.
    const written = Promise.allSettled([this.#channel.endWriting(), this.#input.close()]);
    await settledWithin(Promise.all([drained, written]), DRAIN_LIMIT_MS);
    this.#input.abandon();
    this.#standby.end();
    this.#output.close();
    stderr.cancel().catch(() => {});
    this.#prints.end();
    this.#isOver = true;
    this.#events.exited({
      pid: this.pid,
      exitCode: status.code,
      signal: status.signal,
      stderrTail: this.#prints.tail,
      wasReady: this.#ready,
      inFrame: this.#isInFrame,
      violation: this.#violation,
      exceededMemory: this.#prints.exceededMemory,
    });
  }

  async #readMessages(): Promise<void> {
    try {
      await this.#channel.run();
      this.#blocks.end();
      this.#awaitExit();
    } catch (error) {
      this.#killForViolation(error);
    }
  }

  /** Nothing more can come from the worker: what it holds would wait for ever, if its code closed the stream and lives on. */
  #awaitExit(): void {
    if (this.#exited) return;
    this.#muteTimer = after(
      MUTE_LIMIT_MS,
      () => this.#killForViolation(new ProtocolError("it closed its standard output")),
    );
    this.#muteTimer.setReferenced(this.#hold.wanted);
  }

  get #isInFrame(): boolean {
    return this.#channel.inFrame || this.#blocks.inBlock;
  }

  #killForViolation(violation: unknown): void {
    this.#violation ??= violation;
    this.kill();
  }
}

/** Waits for `work`, in several short steps: a program that was busy for long must still get its last reads in. */
async function settledWithin(work: Promise<unknown>, limitMs: number): Promise<void> {
  const steps = 5;
  for (let step = 0; step < steps; step++) {
    if (await untilSettled(work, { timeoutMs: limitMs / steps })) return;
  }
}
