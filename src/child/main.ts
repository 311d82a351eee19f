/**
 * The entry of every worker process. Its parent starts `deno run` on a `data:` module, which imports
 * this one and calls `serve()` with a function that loads the user's module.
 */
import { Channel } from "../wire/channel.ts";
import { hub } from "../hub/hub.ts";
import { Link } from "../hub/link.ts";
import { ownProcess } from "../own_process.ts";
import { decode } from "../wire/codec/codec.ts";
import {
  type ChildMessage,
  messageText,
  type ParentMessage,
  type ProcessInput,
  type ProcessSettings,
  PROTOCOL_VERSION,
  valueMessageText,
  type WorkerSettings,
} from "../wire/protocol.ts";
import { VERSION } from "../wire/version.ts";
import { type LoadedModule, resolveFunction } from "./functions.ts";
import { watchMemory } from "./memory_watch.ts";
import { introduce, letEnd, runProcess } from "./process_run.ts";
import { installRuntime } from "./runtime.ts";
import { Standby } from "./standby.ts";
import { takeStdio } from "./stdio.ts";
import { encodeThrown, TaskLoop, type TaskScope } from "./task_loop.ts";
import { asyncTaskScope, singleTaskScope } from "./task_scope.ts";

const MAX_PRINT_BYTES = 1024 * 1024;
const HANDLE_TAG = '{"$":"handle"';

/** Serves the parent on stdin and stdout until it says stop, or is gone. `load` imports the user's module. */
export function serve(load?: () => Promise<LoadedModule>): void {
  const exit = Deno.exit.bind(Deno);
  const writeStderr = Deno.stderr.writeSync.bind(Deno.stderr);
  const streams = takeStdio(print);
  let scope: TaskScope | undefined;
  let loop: TaskLoop | undefined;
  const early: [ParentMessage, Uint8Array[]][] = [];
  let beforeHandleClasses: [string, Uint8Array[]][] | undefined;
  let hasHandleClasses = false;
  let maxPrintBytes = MAX_PRINT_BYTES;
  let settings: WorkerSettings | undefined;
  let tellParentEnded = (): void => {};

  const standby = new Standby();
  let sentAt = -Infinity;

  const channel = new Channel({ read, write, onFrame });

  const link = new Link(hub, "parent", append, flushQuietly);
  hub.currentTask = () => scope?.current()?.id ?? 0;

  function send(text: string, parts?: readonly Uint8Array[]): void {
    link.turns.send();
    append(text, parts);
    channel.flush();
  }

  function append(text: string, parts?: readonly Uint8Array[]): void {
    if (standby.enter()) channel.append('["standby"]');
    channel.append(text, parts);
  }

  async function read(buffer: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null> {
    if (standby.on) {
      await loopTurn();
      if (standby.on && needsParentOnly()) {
        // What the parent must know or answer may not lie here.
        flushQuietly();
        return streams.readSync(buffer);
      }
    }
    const bytes = await streams.read(buffer);
    if (needsParentOnly()) standby.heard(performance.now() - sentAt);
    return bytes;
  }

  /** Whether nothing that is known here goes on before the parent has sent something. */
  function needsParentOnly(): boolean {
    // Loading the classes of shared objects needs the event loop, and so do processes behind this one.
    if (beforeHandleClasses !== undefined || hub.neighbourCount > 1) return false;
    return loop?.isIdle || link.requests.waits.any;
  }

  function flushQuietly(): void {
    try {
      channel.flush();
    } catch {
      // The parent is gone. Reading ends too, and says so.
    }
  }

  function write(bytes: Uint8Array): void {
    try {
      streams.write(bytes);
      sentAt = performance.now();
    } catch (error) {
      // There is nobody to print for any more.
      if (!settings?.process?.detached) throw error;
    }
  }

  function print(stream: 1 | 2, output: string | Uint8Array): void {
    // In a process of its own Deno prints an uncaught error there, and that must not overtake what was printed before.
    if (stream === 2 && settings?.process !== undefined) return printError(output);
    const head = `["output",${stream},${scope?.current()?.id ?? 0},`;
    // JSON makes at most 6 bytes of a character.
    if (typeof output === "string" && output.length <= maxPrintBytes / 6) {
      return send(head + JSON.stringify(output) + "]");
    }
    const bytes = typeof output === "string" ? new TextEncoder().encode(output) : output;
    for (let start = 0; start < bytes.length; start += maxPrintBytes) {
      send(head + "null]", [bytes.subarray(start, start + maxPrintBytes)]);
    }
  }

  function printError(output: string | Uint8Array): void {
    const bytes = typeof output === "string" ? new TextEncoder().encode(output) : output;
    try {
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(writeStderr(rest));
    } catch {
      // There is nobody to print for any more.
    }
  }

  function onFrame(text: string, parts: Uint8Array[]): void {
    if (beforeHandleClasses !== undefined) {
      beforeHandleClasses.push([text, parts]);
    } else if (!hasHandleClasses && text.includes(HANDLE_TAG)) {
      beforeHandleClasses = [[text, parts]];
      loadHandleClasses();
    } else {
      receive(text, parts);
    }
  }

  /** Most tasks share nothing, so the classes of shared objects load with the first handle. Messages wait, in order. */
  async function loadHandleClasses(): Promise<void> {
    await import("../handles.ts");
    hasHandleClasses = true;
    const frames = beforeHandleClasses!;
    beforeHandleClasses = undefined;
    for (const [text, parts] of frames) receive(text, parts);
  }

  function receive(text: string, parts: Uint8Array[]): void {
    const message = JSON.parse(text) as ParentMessage;
    if (message[0] === "hello") {
      const [, protocol, version, , tagged, value] = message;
      settings = message[3];
      const input = decode(value, tagged === 1, parts, link.handles);
      const { process } = settings;
      if (process === undefined) start(protocol, version, settings, input as unknown[]);
      else live(protocol, version, settings, process, input as ProcessInput);
    } else if (message[0] === "stop") {
      exit(0);
    } else if (message[0] === "wake") {
      standby.leave();
    } else if (link.receive(message, parts)) {
      return;
    } else if (loop === undefined) {
      early.push([message, parts]);
    } else {
      loop.receive(message, parts);
    }
  }

  async function start(
    protocol: number,
    version: string,
    settings: WorkerSettings,
    initArgs: unknown[],
  ): Promise<void> {
    greet(settings);
    try {
      checkVersion(protocol, version);
      scope = settings.concurrency > 1 ? await asyncTaskScope() : singleTaskScope();
      if (settings.memoryLimitMiB !== null) watchMemory(settings.memoryLimitMiB, settings.memoryMarker);
      const current = scope.current;
      installRuntime({
        workerId: settings.workerId,
        current,
        progress: (task, value) => loop?.progress(task, value),
      });
      const module = await loadModule();
      const { concurrency, initializer } = settings;
      if (initializer !== null) await resolveFunction(initializer, module)(...initArgs);
      loop = new TaskLoop({ module, concurrency, send, scope, handles: link.handles, standby });
      send(messageText(["ready"] satisfies ChildMessage));
    } catch (error) {
      fail(error);
    }
    for (const [message, parts] of early.splice(0)) loop?.receive(message, parts);
  }

  /** The life of a process of its own. What goes wrong is left uncaught: Deno prints it, and exits with 1. */
  async function live(
    protocol: number,
    version: string,
    settings: WorkerSettings,
    process: ProcessSettings,
    input: ProcessInput,
  ): Promise<void> {
    greet(settings);
    checkVersion(protocol, version);
    const { memoryLimitMiB, memoryMarker } = settings;
    const unwatchMemory = memoryLimitMiB === null ? undefined : watchMemory(memoryLimitMiB, memoryMarker);
    const module = await loadModule();
    send(messageText(["ready"] satisfies ChildMessage));
    await runProcess(process, input, module);
    unwatchMemory?.();
    if (!letEnd()) exit();
  }

  function greet(settings: WorkerSettings): void {
    channel.limitOutgoing(settings.maxFrameBytes);
    maxPrintBytes = Math.min(MAX_PRINT_BYTES, Math.floor(settings.maxFrameBytes / 2));
    tellParentEnded = introduce(settings);
    send(messageText(["hello", PROTOCOL_VERSION, VERSION] satisfies ChildMessage));
  }

  async function loadModule(): Promise<LoadedModule> {
    const own = ownProcess();
    own.isLoading = true;
    try {
      return await load?.() ?? {};
    } finally {
      own.isLoading = false;
    }
  }

  function fail(error: unknown): void {
    const encoded = encodeThrown(error, link.handles);
    send(valueMessageText('["failed"', encoded), encoded.parts);
  }

  // A parent that vanished closes the pipe; there is nobody left to work for.
  channel.run().then(() => {
    if (!settings?.process?.detached) exit(0);
    link.close();
    tellParentEnded();
  }, (error) => {
    printError(`Cannot read what the parent sent: ${Deno.inspect(error)}\n`);
    exit(1);
  });
}

/** Lets everything run that is due. */
function loopTurn(): Promise<void> {
  // Only here: Deno loads it with the first use, which would cost each worker time and memory.
  return new Promise((resolve) => void setImmediate(resolve));
}

function checkVersion(protocol: number, version: string): void {
  if (protocol === PROTOCOL_VERSION) return;
  throw new Error(
    `Cannot start the worker: the parent speaks protocol ${protocol} (corral ${version}), ` +
      `the worker speaks ${PROTOCOL_VERSION} (corral ${VERSION}), both must load the same version`,
  );
}
