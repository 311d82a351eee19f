import type { Hub } from "../hub/hub.ts";
import { loseHandles } from "../hub/in_flight_handle.ts";
import { CHILD_LIMITS } from "../hub/limits.ts";
import { PeerLink } from "../hub/peer_link.ts";
import { untilSettled } from "../timer.ts";
import { isHubKind } from "../wire/messages/hub_messages.ts";
import type { ChildMessage } from "../wire/messages/to_parent.ts";
import type { Circumstances } from "./circumstances.ts";
import { explain, explainError } from "./explain.ts";
import type { Hello } from "./hello.ts";
import type { ReaperShare } from "./reaper.ts";
import { leadsGroup } from "./program/spawn.ts";
import { WorkerProcess, type WorkerProcessEvents, type WorkerProcessOptions } from "./worker_process.ts";

// The reaper is a small program: if it does not answer by then, it never will.
const REAPER_LIMIT_MS = 1000;

/** What the owner of a connected worker is told: what {@linkcode WorkerProcessEvents} has, but for the hub's messages. */
export interface ConnectedWorkerEvents extends Omit<WorkerProcessEvents, "message" | "written" | "died"> {
  /** A message after the hello that is not about shared objects. What it throws is taken as the worker's violation of protocol. */
  message(message: ChildMessage, parts: Uint8Array[]): void;
  /** The process has ended, and its link is about to close: what it did not confirm can still be taken back. */
  disconnecting(): void;
}

/** Who has a worker. */
export interface WorkerOwner {
  /** What is told of the worker. */
  readonly events: ConnectedWorkerEvents;
  /** What the worker is told first. */
  readonly hello: Hello;
}

/** What a connected worker is made of. */
export interface ConnectedWorkerOptions {
  readonly process: Omit<WorkerProcessOptions, "events">;
  readonly hub: Hub;
  /** What errors of the worker are explained by. */
  readonly circumstances: Circumstances;
  /** Ends the process when this program is gone; `undefined` for one that may outlive it. */
  readonly reaper: ReaperShare | undefined;
}

/** A worker process that shares this program's hub, and ends with the program. */
export class ConnectedWorker {
  readonly process: WorkerProcess;
  readonly link: PeerLink;
  readonly #hub: Hub;
  readonly #circumstances: Circumstances;
  readonly #reaper: ReaperShare | undefined;
  /** Both absent while it is a spare: it waits for its hello, and has nothing to say. */
  #events: ConnectedWorkerEvents | undefined;
  #hello: Hello | undefined;
  #hasExited = false;

  /** Starts the process. It is told nothing yet, and nobody of it. Throws what `Deno.Command` throws. */
  constructor({ process, hub, circumstances, reaper }: ConnectedWorkerOptions) {
    this.#hub = hub;
    this.#circumstances = circumstances;
    this.#reaper = reaper;
    this.process = new WorkerProcess({
      ...process,
      events: {
        written: () => this.link.written(),
        message: (message, parts, bytes) => {
          if (!isHubKind(message[0])) return this.#events?.message(message as ChildMessage, parts);
          this.link.receive(message, parts, bytes);
        },
        standby: (on) => this.#events?.standby(on),
        readEnd: () => {
          this.link.readEnd();
          this.#events?.readEnd();
        },
        isAwaited: () => this.#events?.isAwaited() ?? false,
        turns: () => !this.link.isAsked && (this.#events?.turns() ?? false),
        output: (stream, bytes, taskId) => this.#events?.output(stream, bytes, taskId),
        died: () => {
          if (process.command.mayRun) reaper?.killGroup(this.process.pid);
        },
        exited: (exit) => {
          this.#hasExited = true;
          this.#events?.disconnecting();
          this.link.close();
          reaper?.unwatch(exit.pid);
          this.#events?.exited({ ...exit, explain: (text) => explain(text, circumstances) });
        },
      },
    });
    this.link = new PeerLink(hub, hub.nextPeerKey(), this.process, CHILD_LIMITS);
    reaper?.watch(this.process.pid, leadsGroup(process.command, process.ownGroup));
  }

  /** Gives it to the owner that is told of it from now on. Nothing has been told before. */
  assign({ events, hello }: WorkerOwner): void {
    this.#events = events;
    this.#hello = hello;
  }

  /** Sends the hello: the worker loads its module. */
  sayHello(): void {
    const { handles, text, parts } = this.#hello!;
    // The link of a process that has ended is closed: what would be let out over it now would never come back. It was to get these.
    if (this.#hasExited) return loseHandles(handles);
    for (const handle of handles) this.#hub.export(handle, this.link);
    this.send(text, parts);
  }

  /** The same, but no user code runs before the reaper knows of the process: it may be a loop that nothing else can end. */
  async sayHelloWhenWatched(): Promise<void> {
    if (this.#reaper !== undefined) {
      this.#reaper.start();
      await untilSettled(this.#reaper.fence(), { timeoutMs: REAPER_LIMIT_MS, referenced: false });
    }
    this.sayHello();
  }

  /** Puts advice into an error that came from the worker, where Deno's own would lead astray. */
  explain(error: unknown): void {
    explainError(error, this.#circumstances);
  }

  /** Sends one message now. */
  send(text: string, parts?: readonly Uint8Array[]): void {
    this.process.append(text, parts);
    this.process.flush();
  }
}
