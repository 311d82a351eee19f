import { EncodingError, ProtocolError } from "../errors.ts";
import { HandleCollector } from "../hub/handle_collector.ts";
import type { Hub } from "../hub/hub.ts";
import { abandonHandles } from "../hub/in_flight_handle.ts";
import { keepAlive, type Timer, traceClockMs, untilSettled } from "../timer.ts";
import { KIND } from "../tracing/open_telemetry.ts";
import { openSpan, type TaskSpan } from "../tracing/task_span.ts";
import { encode, type Encoded } from "../wire/codec/codec.ts";
import type { ChildMessage } from "../wire/messages/to_parent.ts";
import type { FunctionSpec, ProcessInput, ProcessSettings } from "../wire/protocol.ts";
import type { ConnectedWorker, ConnectedWorkerEvents } from "../worker/connected_worker.ts";
import { type WorkerExit, workerExitError } from "../worker/exit_error.ts";
import { FunctionTable } from "../worker/function_table.ts";
import type { Hello, OwnSettings } from "../worker/hello.ts";
import { WorkerLauncher } from "../worker/launch.ts";
import { writeToProgram } from "../printing.ts";
import type { Reaper } from "../worker/reaper.ts";
import type { ResolvedProcessOptions } from "./options.ts";

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

/** A process that was started: one that runs, or has ended. See `docs/decisions/processes.md`. */
export class StartedProcess {
  readonly pid: number;
  /** Resolves with the exit code, when everything that the process wrote has been printed. */
  readonly ended: Promise<number>;
  readonly #start: ProcessStart;
  readonly #hub: Hub;
  /** Has a share in the reaper, so that the process ends with this program, unless it is detached. */
  readonly #launcher: WorkerLauncher;
  readonly #worker: ConnectedWorker;
  readonly #unwatchWaits: () => void;
  readonly #span: TaskSpan | undefined;
  #exitCode: number | null = null;
  #joins = 0;
  #keepAlive: Timer | undefined;

  /** Starts the process. Throws what is wrong with it, and then nothing was started. */
  constructor(start: ProcessStart, hub: Hub, reaper: Reaper, onEnd: () => void) {
    this.#start = start;
    this.#hub = hub;
    const { launch, detached } = start.options;
    this.#span = openSpan(nameOf(start), { kind: KIND.internal, attributes: { "corral.process.name": start.name } });
    this.#launcher = new WorkerLauncher(launch, { hub, reaper: detached ? undefined : reaper });
    this.#worker = this.#launch(onEnd);
    this.pid = this.#worker.process.pid;
    this.#span?.describe({ "process.pid": this.pid });
    this.#unwatchWaits = hub.waits.watch(() => this.#updateReference());
    this.#updateReference();
    this.ended = this.#live();
    this.#worker.sayHelloWhenWatched();
  }

  /** Python's: `null` while the process runs, and the negative number of the signal that ended it. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /** Waits for the end, at most that long. Keeps the program alive meanwhile. Returns whether the process has ended. */
  async join(timeoutMs = Infinity): Promise<boolean> {
    if (this.#exitCode !== null) return await this.ended.then(() => true);
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
    this.#worker.process.signal(signal);
  }

  /** Ends the process with SIGTERM, and with SIGKILL if that does not help. */
  async end(): Promise<void> {
    this.#worker.process.terminate();
    await this.ended;
  }

  /** Starts the process. What was taken for it is given back when it cannot be started. */
  #launch(onEnd: () => void): ConnectedWorker {
    let hello: Hello | undefined;
    try {
      hello = processHello(this.#start, this.#launcher, this.#span?.traceparent);
      return this.#launcher.start({ name: this.#start.name, ownGroup: true, hello, events: this.#events(onEnd) });
    } catch (error) {
      if (hello !== undefined) abandonHandles(hello.handles);
      void this.#launcher.release();
      this.#span?.fail(error);
      this.#span?.end(traceClockMs());
      throw error;
    }
  }

  #events(onEnd: () => void): ConnectedWorkerEvents {
    return {
      message: (message) => message[0] === "span" ? this.#span?.report(message[2]) : refuse(message),
      standby: () => {},
      readEnd: () => {},
      // To stop a process and have it continue is for those who started it.
      isAwaited: () => false,
      turns: () => false,
      output: () => undefined,
      disconnecting: () => {},
      exited: (exit) => {
        this.#exited(exit);
        onEnd();
      },
    };
  }

  async #live(): Promise<number> {
    await this.#worker.process.ended;
    await this.#launcher.release();
    return this.#exitCode!;
  }

  #exited(exit: WorkerExit): void {
    this.#exitCode = pythonExitCode(exit);
    this.#endSpan(exit);
    this.#unwatchWaits();
    this.#keepAlive?.cancel();
    // Nobody else would say why: there is no promise that could reject.
    if (exit.violation !== undefined || exit.exceededMemory !== undefined || exit.exitCode === null) {
      const { message } = workerExitError(exit, true);
      writeToProgram(2, new TextEncoder().encode(`${this.#start.name}: ${message}\n`));
    } else if (exit.exitCode === 1) {
      // It has printed Deno's own advice, about flags that nobody has typed.
      for (const line of explainedLines(exit)) {
        writeToProgram(2, new TextEncoder().encode(`${this.#start.name}: ${line}\n`));
      }
    }
  }

  #endSpan(exit: WorkerExit): void {
    this.#span?.describe({ "process.exit.code": this.#exitCode! });
    if (this.#exitCode !== 0) this.#span?.fail(workerExitError(exit, true));
    this.#span?.end(traceClockMs());
  }

  /** A daemon keeps the program alive only while that waits for it, or for something that may come from it. */
  #updateReference(): void {
    if (this.#exitCode !== null) return;
    const wanted = !this.#start.daemon || this.#joins > 0 || this.#hub.waits.any;
    if (!this.#start.options.detached) return this.#worker.process.setReferenced(wanted);
    // Deno kills a referenced child when the program fails; a timer holds the program without that.
    this.#worker.process.setReferenced(false);
    if (wanted) this.#keepAlive ??= keepAlive();
    else this.#keepAlive?.cancel();
    if (!wanted) this.#keepAlive = undefined;
  }
}

/** What runs, for people: the function, or the class. */
function nameOf({ options: { target }, subclass, name }: ProcessStart): string {
  return subclass?.name ?? (typeof target === "string" ? target : target?.name || name);
}

function refuse(message: ChildMessage): void {
  if (message[0] === "ready") return;
  throw new ProtocolError(`it sent ${JSON.stringify(message[0])}, which is not a message of a process`);
}

function processHello(
  { options, name, daemon, subclass, fields }: ProcessStart,
  launcher: WorkerLauncher,
  trace: string | undefined,
): Hello {
  const { args, path, detached } = options;
  const process: ProcessSettings = {
    name,
    daemon,
    detached,
    path,
    parentPid: Deno.pid,
    target: specOfTarget(options),
    subclass,
    ...(trace === undefined ? {} : { trace }),
  };
  const collector = new HandleCollector();
  try {
    const value = encodeInput([[...args], fields], collector);
    const own: OwnSettings = { workerId: 0, concurrency: 1, initializer: null, process };
    return launcher.hello(own, { value, handles: collector.handles });
  } catch (error) {
    collector.abandon();
    throw error;
  }
}

function specOfTarget({ target, launch }: ResolvedProcessOptions): FunctionSpec | null {
  return target === undefined ? null : new FunctionTable(launch.moduleUrl !== undefined).refer(target);
}

function encodeInput(input: ProcessInput, handles: HandleCollector): Encoded {
  try {
    return encode(input, handles);
  } catch (error) {
    // Its path starts at the pair; what the caller knows are the two.
    if (error instanceof EncodingError) { for (const part of input) encode(part, handles); }
    throw error;
  }
}

function explainedLines({ stderrTail, explain }: WorkerExit): string[] {
  const printed = new Set(stderrTail.split("\n"));
  return explain?.(stderrTail).split("\n").filter((line) => !printed.has(line)) ?? [];
}

function pythonExitCode({ exitCode, signal }: WorkerExit): number {
  // Deno adds 128 to the signal's number.
  if (signal !== null && exitCode !== null && exitCode > 128) return 128 - exitCode;
  return exitCode ?? 1;
}
