import { type PermissionError, WorkerStartError } from "../errors.ts";
import type { Hub } from "../hub/hub.ts";
import { makeBlockSecret } from "../wire/block_marks.ts";
import { type LaunchCommand, launchCommand } from "./program/command_line.ts";
import { spawnFailure } from "./program/deno_executable.ts";
import { ConnectedWorker, type WorkerOwner } from "./connected_worker.ts";
import { type Circumstances, circumstances } from "./circumstances.ts";
import { type Hello, type HelloInput, makeHello, type OwnSettings } from "./hello.ts";
import type { ResolvedLaunchOptions } from "./launch_options.ts";
import type { Reaper, ReaperShare } from "./reaper.ts";
import { ignoresKeys, makeStorageKey, ProcessAhead } from "./program/spawn.ts";
import { SpareWorker } from "./spare_worker.ts";
import { type UntrustedFolder, untrustedFolder } from "./permissions/untrusted_folder.ts";

/** What the workers of a program have in common. */
export interface LaunchSurroundings {
  /** Where the objects live that they share. */
  readonly hub: Hub;
  /** Ends them when the program is gone; `undefined` for workers that may outlive it. */
  readonly reaper: Reaper | undefined;
}

/** What workers are like, beside the options that all of an owner have. */
export interface WorkerKind {
  /** Whether this program prints what the worker prints. @default true */
  readonly passOutput?: boolean;
  /** Whether it leads a process group of its own. @default false */
  readonly ownGroup?: boolean;
}

/** Who a worker is started for. */
export interface WorkerStart extends WorkerKind, WorkerOwner {
  /** What the error calls it, if it cannot start. */
  readonly name: string;
}

/** Starts workers that are all alike, for one pool or one process, and holds their share of the reaper. */
export class WorkerLauncher {
  readonly #options: ResolvedLaunchOptions;
  readonly #surroundings: LaunchSurroundings;
  readonly #storageKey: string;
  /** Where an untrusted module lies. */
  readonly #folder: UntrustedFolder | undefined;
  #command: LaunchCommand;
  readonly #circumstances: Circumstances;
  readonly #memoryMarker = `corral-memory-${crypto.randomUUID()}`;
  readonly #blockSecret = makeBlockSecret();
  readonly #spare = new SpareWorker();
  /** The process that was started ahead, if it has the command line of this pool. */
  #ahead: ProcessAhead | undefined;
  /** The end of the process that was started ahead, if it has another command line. */
  readonly #unfit: Promise<void> | undefined;
  #reaper: ReaperShare | undefined;

  /** Starts no process yet. Throws what {@linkcode launchCommand} throws: workers may not be what the options say. */
  constructor(options: ResolvedLaunchOptions, surroundings: LaunchSurroundings) {
    this.#options = options;
    this.#surroundings = surroundings;
    this.#folder = untrustedFolder(options);
    this.#storageKey = ProcessAhead.waiting?.storageKey ?? makeStorageKey();
    this.#command = launchCommand(options, { storageKey: this.#storageKey });
    const ahead = ProcessAhead.takeWaiting();
    if (ahead?.fits(this.#command)) this.#ahead = ahead;
    else this.#unfit = ahead?.end();
    this.#circumstances = circumstances(options, this.#command.namesOf);
  }

  /** Makes the first message to a worker. Throws PayloadTooLargeError. */
  hello(own: OwnSettings, input: HelloInput): Hello {
    const { project, mayRun } = this.#command;
    const common = {
      memoryMarker: this.#memoryMarker,
      blockSecret: this.#blockSecret,
      project,
      ...(mayRun && { mayRun: true as const }),
      ...(own.process === undefined && ignoresKeys(this.#command) && { ignoresKeys: true as const }),
    };
    return makeHello(this.#options, { ...own, ...common }, input);
  }

  /** Starts a worker, or takes the spare, which waits for its hello. Throws WorkerStartError. */
  start({ name, hello, events, ...kind }: WorkerStart): ConnectedWorker {
    // Links may have come into the folder, and what was not there is not granted.
    if (this.#folder !== undefined) this.#command = launchCommand(this.#options, { storageKey: this.#storageKey });
    try {
      const worker = this.#spare.take() ?? this.#connect(kind);
      worker.assign({ events, hello });
      return worker;
    } catch (cause) {
      outliveShortage();
      throw new WorkerStartError(`Cannot start ${name}: ${spawnFailure(cause, this.#options.denoPath)}`, { cause });
    }
  }

  /** Starts the process of the worker that will be wanted next, if there is none. It ends when it is not wanted for so long. */
  prepare(kind: WorkerKind, idleTimeoutMs: number): void {
    // What an untrusted module may read is looked up when a worker starts.
    if (this.#folder === undefined) this.#spare.put(() => this.#connect(kind), idleTimeoutMs);
  }

  #connect({ passOutput = true, ownGroup = false }: WorkerKind): ConnectedWorker {
    const { hub, reaper } = this.#surroundings;
    const { maxFrameBytes, killGraceMs, denoPath } = this.#options;
    this.#reaper ??= reaper?.share(denoPath);
    const ahead = ownGroup ? undefined : this.#ahead;
    if (ahead !== undefined) this.#ahead = undefined;
    const process = {
      command: this.#command,
      started: ahead?.take(),
      maxFrameBytes,
      memoryMarker: this.#memoryMarker,
      blockSecret: this.#blockSecret,
      killGraceMs,
      passOutput,
      ownGroup,
    };
    return new ConnectedWorker({ process, hub, circumstances: this.#circumstances, reaper: this.#reaper });
  }

  /** Why nothing may be given to workers any more: a link leads out of the folder of an untrusted module. */
  get refusal(): PermissionError | undefined {
    return this.#folder?.refusal;
  }

  /** Starts the reaper. It would delay workers that still start, and who waits for those. */
  startReaper(): void {
    this.#reaper?.startSoon();
  }

  /** Waits until all that lay in the workers' pipes was read and reported. Resolves with `false` when that cannot be told. */
  fence(): Promise<boolean> {
    return this.#reaper?.fence() ?? Promise.resolve(false);
  }

  /** Ends the spare, and gives the share of the reaper back. */
  async release(): Promise<void> {
    await Promise.all([this.#unfit, this.#ahead?.end(), this.#spare.end()]);
    await this.#reaper?.release();
  }
}

/**
 * Deno 2.9 takes two descriptors when it first deals with signals, which it does by itself, and aborts the program if none is free.
 * After a start that failed some are: what was opened for it has been closed.
 */
function outliveShortage(): void {
  if (Deno.build.os === "windows") return;
  const listener = (): void => {};
  Deno.addSignalListener("SIGWINCH", listener);
  Deno.removeSignalListener("SIGWINCH", listener);
}
