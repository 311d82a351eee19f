import type { Operation, SharedObject } from "../hub/shared_object.ts";
import { type Caller, type WaitOptions, WaitQueue } from "../hub/wait_queue.ts";

/** The owner's side of an event. */
export class EventObject implements SharedObject {
  readonly operations = {
    set: (): void => {
      this.#isSet = true;
      this.#waiters.serveAll(true);
    },
    clear: (): void => {
      this.#isSet = false;
    },
    isSet: (): boolean => this.#isSet,
    wait: (caller, wait): Promise<boolean> | boolean => this.#isSet || this.#wait(caller, wait),
  } satisfies Record<string, Operation>;
  readonly #waiters = new WaitQueue<boolean>();
  #isSet = false;

  processEnded(isEnded: (process: string) => boolean): void {
    this.#waiters.dropProcess(isEnded);
  }

  close(): void {
    this.#waiters.rejectAll();
  }

  #wait(caller: Caller, wait: WaitOptions): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiters.enter(caller, wait, {
        resolve,
        reject: (error, end) => end === "timeout" ? resolve(false) : reject(error),
      });
    });
  }
}
