import { ClosedError } from "../errors.ts";
import { hub } from "../hub/hub.ts";
import { requireLoaded } from "../own_process.ts";
import { checkTimeout } from "../timer.ts";
import { programReaper } from "../worker/reaper.ts";
import { checkedDaemon, checkedName, type ResolvedProcessOptions } from "./options.ts";
import { type ProcessStart, StartedProcess } from "./started_process.ts";

/** What is behind a `Process`: a child of this process, or this process itself. */
export interface ProcessState {
  name: string;
  daemon: boolean;
  readonly pid: number | null;
  readonly exitCode: number | null;
  readonly sentinel: Promise<number>;
  start(what: Pick<ProcessStart, "subclass" | "fields">, onEnd: () => void): void;
  runTarget(): unknown;
  join(timeoutMs: number | undefined): Promise<boolean>;
  isAlive(): boolean;
  signal(signal: Deno.Signal, action: string): void;
  close(): void;
  dispose(): Promise<void>;
}

/** A process that this one has made, in every stage of its life. */
export class ChildState implements ProcessState {
  readonly #options: ResolvedProcessOptions;
  #name: string;
  #daemon: boolean;
  #started: StartedProcess | undefined;
  #closed = false;

  constructor(options: ResolvedProcessOptions) {
    this.#options = options;
    this.#name = options.name;
    this.#daemon = options.daemon;
  }

  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    this.#name = checkedName(name);
  }

  get daemon(): boolean {
    return this.#daemon;
  }

  set daemon(daemon: boolean) {
    this.#requireOpen("change");
    if (this.#started !== undefined) {
      throw misuse("change", this.#name, 'it was started, "daemon" is for a process that was not');
    }
    this.#daemon = checkedDaemon(daemon) ?? this.#daemon;
  }

  get pid(): number | null {
    this.#requireOpen("ask");
    return this.#started?.pid ?? null;
  }

  get exitCode(): number | null {
    this.#requireOpen("ask");
    return this.#started?.exitCode ?? null;
  }

  get sentinel(): Promise<number> {
    return this.#requireStarted("watch").ended;
  }

  start(what: Pick<ProcessStart, "subclass" | "fields">, onEnd: () => void): void {
    this.#requireOpen("start");
    if (this.#started !== undefined) {
      throw misuse("start", this.#name, "it was started before, a process starts once, make another one");
    }
    requireLoaded();
    const start = { ...what, options: this.#options, name: this.#name, daemon: this.#daemon };
    this.#started = new StartedProcess(start, hub, programReaper, onEnd);
  }

  runTarget(): unknown {
    const { target, args } = this.#options;
    if (typeof target !== "string") return target?.(...args);
    throw misuse("run", this.#name, `its target ${JSON.stringify(target)} is known by name only, start() it`);
  }

  join(timeoutMs: number | undefined): Promise<boolean> {
    checkTimeout(timeoutMs);
    return this.#requireStarted("join").join(timeoutMs);
  }

  isAlive(): boolean {
    this.#requireOpen("ask");
    return this.#started !== undefined && this.#started.exitCode === null;
  }

  signal(signal: Deno.Signal, action: string): void {
    this.#requireStarted(action).signal(signal);
  }

  close(): void {
    if (!this.#closed && this.isAlive()) {
      throw misuse("close", this.#name, "it is running, join() or terminate() it first");
    }
    this.#closed = true;
  }

  async dispose(): Promise<void> {
    await this.#started?.end();
  }

  #requireStarted(action: string): StartedProcess {
    this.#requireOpen(action);
    if (this.#started === undefined) throw misuse(action, this.#name, "it was not started, start() it first");
    return this.#started;
  }

  #requireOpen(action: string): void {
    if (this.#closed) throw closedBefore(action, this.#name);
  }
}

/** The error for a call that a process is in no state for. */
export function misuse(action: string, name: string, detail: string): Error {
  return new Error(`Cannot ${action} ${name}: ${detail}`);
}

/** The error for a call after `close()`. */
function closedBefore(action: string, name: string): ClosedError {
  return new ClosedError(`Cannot ${action} ${name}: it was closed, a process that was not closed is wanted`);
}
