import { EncodingError, ProtocolError, WorkerStartError } from "../errors.ts";
import { HandleCollector, hub } from "../hub/hub.ts";
import { Link } from "../hub/link.ts";
import { ownProcess } from "../own_process.ts";
import { keepAlive, type Timer, untilSettled } from "../timer.ts";
import { encode, type Encoded } from "../wire/codec/codec.ts";
import { requireFrameFits } from "../wire/framing/frame_buffer.ts";
import { DEFAULT_MAX_FRAME_BYTES } from "../wire/framing/frame_format.ts";
import {
  type ChildMessage,
  type FunctionSpec,
  type ProcessInput,
  type ProcessSettings,
  PROTOCOL_VERSION,
  valueMessageText,
  type WorkerSettings,
} from "../wire/protocol.ts";
import { VERSION } from "../wire/version.ts";
import { CHILD_ENTRY_URL } from "../worker/child_entry.ts";
import { type WorkerCommand, workerCommand } from "../worker/command_line.ts";
import { type WorkerExit, workerExitError } from "../worker/exit_error.ts";
import { FunctionTable } from "../worker/function_table.ts";
import { nearestConfig } from "../worker/module_url.ts";
import { writeToProgram } from "../worker/output.ts";
import { type ReaperShare, shareReaper } from "../worker/reaper.ts";
import { WorkerProcess } from "../worker/worker_process.ts";
import type { ResolvedProcessOptions } from "./options.ts";

// The reaper is a small program: if it does not answer by then, it never will.
const REAPER_LIMIT_MS = 1000;
const HELLO_HEAD_BYTES = 128;

/** What a process is started with. */
export interface ProcessStart {
  readonly options: ResolvedProcessOptions;
  readonly name: string;
  readonly daemon: boolean;
  /** The class whose `run()` is to run, if it is not the target that is to. */
  readonly subclass: ProcessSettings["subclass"];
  /** The fields of its instance. */
  readonly fields: Record<string, unknown>;
}

/** A process that was started: one that runs, or has ended. */
export class StartedProcess {
  readonly pid: number;
  /** Resolves with the exit code, when everything that the process wrote has been printed. */
  readonly ended: Promise<number>;
  readonly #start: ProcessStart;
  readonly #worker: WorkerProcess;
  readonly #link: Link;
  /** Sees to it that the process ends with this program, unless it is detached. */
  readonly #reaper: ReaperShare | undefined;
  readonly #unwatchWaits: () => void;
  #exitCode: number | null = null;
  #joins = 0;
  #keepAlive: Timer | undefined;

  /** Starts the process. Throws what is wrong with it, and then nothing was started. */
  constructor(start: ProcessStart, linkKey: string, onEnd: () => void) {
    this.#start = start;
    const { denoPath, detached, killGraceMs } = start.options;
    const memoryMarker = `corral-memory-${crypto.randomUUID()}`;
    const handles = new HandleCollector();
    const hello = encodeHello(start, memoryMarker, handles);
    const command = commandFor(start.options);
    this.#reaper = detached ? undefined : shareReaper(denoPath);
    try {
      this.#worker = new WorkerProcess({
        command,
        memoryMarker,
        killGraceMs,
        events: {
          message: (message, parts) => this.#receive(message, parts),
          standby: () => {},
          readEnd: () => {},
          output: () => {},
          exited: (exit) => {
            this.#exited(exit);
            onEnd();
          },
        },
      });
    } catch (cause) {
      this.#reaper?.release();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WorkerStartError(`Cannot start ${start.name}: ${withoutPeriod(reason)}`, { cause });
    }
    this.pid = this.#worker.pid;
    const worker = this.#worker;
    this.#link = new Link(hub, linkKey, (text, parts) => worker.append(text, parts), () => worker.flush());
    for (const handle of handles.handles) hub.grant(handle, this.#link);
    this.#unwatchWaits = hub.waits.watch(() => this.#updateReference());
    this.#updateReference();
    this.ended = this.#live();
    this.#begin(hello);
  }

  /** Python's: `null` while the process runs, and the negative number of the signal that ended it. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /** Waits for the end, at most that long. Keeps the program alive meanwhile. Returns whether the process has ended. */
  async join(timeoutMs = Infinity): Promise<boolean> {
    if (this.#exitCode !== null) return await this.ended.then(() => true);
    if (timeoutMs <= 0) return false;
    this.#joins++;
    this.#updateReference();
    try {
      return await untilSettled(this.ended, { timeoutMs });
    } finally {
      this.#joins--;
      this.#updateReference();
    }
  }

  /** Sends a signal; the process may have ended. */
  signal(signal: Deno.Signal): void {
    this.#worker.signal(signal);
  }

  /** Ends the process with SIGTERM, and with SIGKILL if that does not help. */
  async end(): Promise<void> {
    this.#worker.terminate();
    await this.ended;
  }

  /** No user code runs before the reaper knows of it: it may be a loop that nothing else can end. */
  async #begin(hello: Encoded & { head: string }): Promise<void> {
    if (this.#reaper !== undefined) {
      this.#reaper.watch(this.pid);
      this.#reaper.start();
      await untilSettled(this.#reaper.fence(), { timeoutMs: REAPER_LIMIT_MS, referenced: false });
    }
    this.#send(valueMessageText(hello.head, hello), hello.parts);
  }

  async #live(): Promise<number> {
    await this.#worker.ended;
    await this.#reaper?.release();
    return this.#exitCode!;
  }

  #send(text: string, parts?: readonly Uint8Array[]): void {
    this.#worker.append(text, parts);
    this.#worker.flush();
  }

  #receive(message: ChildMessage, parts: Uint8Array[]): void {
    if (this.#link.receive(message, parts) || message[0] === "ready") return;
    throw new ProtocolError(`it sent ${JSON.stringify(message[0])}, which is no message of a process`);
  }

  #exited(exit: WorkerExit): void {
    this.#exitCode = pythonExitCode(exit);
    this.#link.close();
    this.#unwatchWaits();
    this.#keepAlive?.cancel();
    this.#reaper?.unwatch(this.pid);
    // Nobody else would say why: there is no promise that could reject.
    if (exit.violation !== undefined || exit.exceededMemory !== undefined) {
      const { message } = workerExitError(exit, true);
      writeToProgram(2, new TextEncoder().encode(`${this.#start.name}: ${message}\n`));
    }
  }

  /** A daemon keeps the program alive only while that waits for it, or for something that may come from it. */
  #updateReference(): void {
    if (this.#exitCode !== null) return;
    const wanted = !this.#start.daemon || this.#joins > 0 || hub.waits.any;
    if (!this.#start.options.detached) return this.#worker.setReferenced(wanted);
    // Deno kills a referenced child when the program fails; a timer holds the program without that.
    this.#worker.setReferenced(false);
    if (wanted) this.#keepAlive ??= keepAlive();
    else this.#keepAlive?.cancel();
    if (!wanted) this.#keepAlive = undefined;
  }
}

function commandFor(options: ResolvedProcessOptions): WorkerCommand {
  const { moduleUrl, trust, permissions, env, cwd, denoPath, memoryLimitMiB } = options;
  return workerCommand({
    entryUrl: CHILD_ENTRY_URL,
    moduleUrl,
    trust,
    permissions,
    env,
    cwd,
    denoPath,
    memoryLimitMiB,
    storageKey: crypto.randomUUID().replaceAll("-", ""),
  });
}

function encodeHello(
  { options, name, daemon, subclass, fields }: ProcessStart,
  memoryMarker: string,
  handles: HandleCollector,
): Encoded & { head: string } {
  const { args, path, detached, memoryLimitMiB, moduleUrl, trust } = options;
  const config = moduleUrl === undefined || trust === "untrusted" ? undefined : nearestConfig(moduleUrl);
  const settings: WorkerSettings = {
    workerId: 0,
    concurrency: 1,
    maxFrameBytes: DEFAULT_MAX_FRAME_BYTES,
    memoryLimitMiB: memoryLimitMiB ?? null,
    memoryMarker,
    initializer: null,
    parentName: ownProcess().name,
    ...(config === undefined ? {} : { config }),
    process: { name, daemon, detached, path, parentPid: Deno.pid, target: specOfTarget(options), subclass },
  };
  const head = `["hello",${PROTOCOL_VERSION},${JSON.stringify(VERSION)},${JSON.stringify(settings)}`;
  const input = encodeInput([[...args], fields], handles);
  requireFrameFits(head + input.text, input.parts, DEFAULT_MAX_FRAME_BYTES, HELLO_HEAD_BYTES);
  return { ...input, head };
}

function specOfTarget({ target, moduleUrl }: ResolvedProcessOptions): FunctionSpec | null {
  return target === undefined ? null : new FunctionTable(moduleUrl !== undefined).refer(target).spec;
}

function encodeInput(input: ProcessInput, handles: HandleCollector): Encoded {
  try {
    return encode(input, handles);
  } catch (error) {
    // Its path starts at the pair; what the caller knows are the two.
    if (error instanceof EncodingError) { for (const part of input) encode(part, new HandleCollector()); }
    throw error;
  }
}

function pythonExitCode({ exitCode, signal }: WorkerExit): number {
  // Deno adds 128 to the signal's number.
  if (signal !== null && exitCode !== null && exitCode > 128) return 128 - exitCode;
  return exitCode ?? 1;
}

function withoutPeriod(text: string): string {
  return text.replace(/\.$/, "");
}
