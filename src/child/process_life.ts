import { READY } from "../wire/messages/to_parent.ts";
import type { ProcessInput, ProcessSettings } from "../wire/protocol.ts";
import { answerHello, checkVersion, type ReceivedHello } from "./hello.ts";
import { installTracing, type Life, loadModule, type Surroundings } from "./life.ts";
import { watchMemory } from "./memory_watch.ts";
import type { ParentLink } from "./parent_link.ts";
import { runProcess } from "./process_run.ts";

/** The life of a process of its own: it runs one thing, and ends as any program does. */
export class ProcessLife implements Life {
  /** What it runs goes on by itself. */
  readonly isIdle = false;
  readonly currentTask = 0;
  readonly #surroundings: Surroundings;
  readonly #hello: ReceivedHello;
  readonly #settings: ProcessSettings;
  #tellParentEnded: () => void = () => {};

  /** Nothing happens before `begin()`. */
  constructor(surroundings: Surroundings, hello: ReceivedHello, settings: ProcessSettings) {
    this.#surroundings = surroundings;
    this.#hello = hello;
    this.#settings = settings;
  }

  /** Runs what the process is for. What goes wrong is thrown here, and left uncaught: Deno prints it, and exits with 1. */
  async begin(input: ProcessInput): Promise<void> {
    const { parent, output, exit } = this.#surroundings;
    output.leaveErrors();
    if (this.#settings.detached) parent.outliveParent();
    this.#tellParentEnded = answerHello(this.#surroundings, this.#hello.settings);
    checkVersion(this.#hello);
    const { memoryLimitMiB, memoryMarker } = this.#hello.settings;
    const unwatchMemory = memoryLimitMiB === null ? undefined : watchMemory(memoryLimitMiB, memoryMarker);
    const module = await loadModule(this.#surroundings);
    parent.send(READY);
    const tracing = await installTracing(this.#surroundings, this.#hello.settings);
    const run = (): Promise<void> => runProcess(this.#settings, input, module);
    await (tracing === undefined ? run() : tracing.run(0, this.#settings.trace ?? "", run));
    unwatchMemory?.();
    if (!letEnd(parent)) exit();
  }

  /** There is nothing to tell a process of its own, but what concerns every process. */
  receive(): void {}

  parentEnded(): void {
    const { parent, exit } = this.#surroundings;
    if (!this.#settings.detached) exit(0);
    parent.shared.close();
    this.#tellParentEnded();
  }
}

/**
 * Lets this process end as any program does, when its timers and promises are done: reading from the parent holds it only while it
 * waits for something from there. Returns whether that can be had; if not, the process must be ended.
 */
function letEnd(parent: ParentLink): boolean {
  const { shared } = parent;
  if (!parent.setReferenced(shared.waits)) return false;
  shared.watchWaits(() => parent.setReferenced(shared.waits));
  return true;
}
