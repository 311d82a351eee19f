import { encode, type Encoded } from "../wire/codec/codec.ts";
import type { ParentMessage } from "../wire/messages/to_child.ts";
import { READY, writeFailed } from "../wire/messages/to_parent.ts";
import { resolveFunction } from "./tasks/functions.ts";
import { answerHello, checkVersion, ignoreKeys, type ReceivedHello } from "./hello.ts";
import { installTracing, type Life, loadModule, type Surroundings } from "./life.ts";
import { watchMemory } from "./memory_watch.ts";
import { installRuntime } from "./runtime.ts";
import { encodeThrown } from "./tasks/task_answers.ts";
import { TaskLoop, type TaskScope } from "./tasks/task_loop.ts";
import { taskScope } from "./tasks/task_scope.ts";

/** The life of a pool's worker: it loads the module, runs the initializer, and then tasks until it is told to stop. */
export class WorkerLife implements Life {
  readonly #surroundings: Surroundings;
  readonly #hello: ReceivedHello;
  /** What came before the worker was ready. */
  readonly #early: [ParentMessage, Uint8Array[]][] = [];
  #scope: TaskScope | undefined;
  #loop: TaskLoop | undefined;

  /** Nothing happens before `begin()`. */
  constructor(surroundings: Surroundings, hello: ReceivedHello) {
    this.#surroundings = surroundings;
    this.#hello = hello;
  }

  get isIdle(): boolean {
    return this.#loop?.isIdle ?? false;
  }

  get currentTask(): number {
    return this.#scope?.current()?.id ?? 0;
  }

  /** Gets ready, and tells the parent that it is, or why it cannot be. */
  async begin(initArgs: unknown[]): Promise<void> {
    const { parent } = this.#surroundings;
    answerHello(this.#surroundings, this.#hello.settings);
    try {
      this.#loop = await this.#getReady(initArgs);
      parent.send(READY);
    } catch (error) {
      this.#tellFailure(error);
    }
    // The program need not wait for this, and no code of a task or the module runs in between.
    if (this.#loop !== undefined) this.#tryToWatch(this.#loop, this.#scope!);
    for (const [message, parts] of this.#early.splice(0)) this.#loop?.receive(message, parts);
  }

  receive(message: ParentMessage, parts: Uint8Array[]): void {
    if (this.#loop === undefined) this.#early.push([message, parts]);
    else this.#loop.receive(message, parts);
  }

  parentEnded(): void {
    this.#surroundings.exit(0);
  }

  async #getReady(initArgs: unknown[]): Promise<TaskLoop> {
    checkVersion(this.#hello);
    const { workerId, concurrency, initializer, memoryLimitMiB, memoryMarker, exportsOnly = false } =
      this.#hello.settings;
    const { parent } = this.#surroundings;
    const plainScope = await taskScope(concurrency);
    const tracing = await installTracing(this.#surroundings, this.#hello.settings);
    const scope = tracing === undefined ? plainScope : tracing.around(plainScope);
    this.#scope = scope;
    if (memoryLimitMiB !== null) watchMemory(memoryLimitMiB, memoryMarker);
    installRuntime({
      workerId,
      blockSecret: this.#hello.settings.blockSecret,
      current: scope.current,
      progress: (task, value) => this.#loop?.progress(task, value),
    });
    const module = await loadModule(this.#surroundings);
    if (initializer !== null) await resolveFunction(initializer, module)(...initArgs);
    return new TaskLoop({
      module,
      concurrency,
      exportsOnly,
      send: (text, parts) => parent.send(text, parts),
      scope,
      shared: parent.shared,
      standby: parent.standby,
    });
  }

  #tellFailure(error: unknown): void {
    const { parent } = this.#surroundings;
    const send = (encoded: Encoded): void => parent.send(writeFailed(encoded), encoded.parts);
    try {
      parent.shared.exportSent((handles) => send(encodeThrown(error, handles)));
    } catch (tooLarge) {
      send(encode(tooLarge));
    }
  }

  /** A worker that was said to be ready is so, watched or not: then what a task leaves behind may end it. */
  #tryToWatch(loop: TaskLoop, scope: TaskScope): void {
    try {
      this.#watchWhatIsLeft(loop, scope);
      // They do nothing yet. A task that listens for them, and stops, must not change that.
      if (this.#hello.settings.ignoresKeys === true) ignoreKeys(this.#hello.settings);
    } catch (error) {
      this.#surroundings.output.print(2, `corral: cannot watch for what tasks leave behind: ${Deno.inspect(error)}\n`);
    }
  }

  /** An idle worker that is gone is replaced when one is needed. */
  #watchWhatIsLeft(loop: TaskLoop, scope: TaskScope): void {
    const { output, parent, exit, watches } = this.#surroundings;
    const isLeft = (): boolean => {
      const task = scope.origin();
      return task === undefined ? loop.isIdle : loop.hasEnded(task);
    };
    watches.uncaught(isLeft, (text) => output.print(2, text));
    watches.idleness(loop, () => parent.shared.served, (ms) => {
      output.print(
        2,
        `corral: an idle worker used ${ms} ms of processor time, by a thread or timer that a task left behind: it ends, and is replaced\n`,
      );
      exit(0);
    });
  }
}
