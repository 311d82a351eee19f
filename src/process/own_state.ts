import { type OwnProcess, ownProcess } from "../own_process.ts";
import { checkedName } from "./options.ts";
import { misuse, type ProcessState } from "./process_state.ts";

/** This process, as its own code sees it: it runs, and cannot wait for its own end. */
export class OwnState implements ProcessState {
  readonly #own: OwnProcess = ownProcess();

  get name(): string {
    return this.#own.name;
  }

  set name(name: string) {
    this.#own.name = checkedName(name);
  }

  get daemon(): boolean {
    return this.#own.daemon;
  }

  set daemon(_: boolean) {
    throw this.#notFromInside("change");
  }

  get pid(): number {
    return Deno.pid;
  }

  get exitCode(): null {
    return null;
  }

  get sentinel(): Promise<number> {
    throw this.#notFromInside("watch");
  }

  start(): void {
    throw misuse("start", this.name, "it is running, and calls this itself, a process starts once, make another one");
  }

  runTarget(): unknown {
    return this.#own.target?.();
  }

  join(): Promise<boolean> {
    return Promise.reject(this.#notFromInside("join"));
  }

  isAlive(): boolean {
    return true;
  }

  signal(_: Deno.Signal, action: string): void {
    throw this.#notFromInside(action);
  }

  close(): void {
    throw misuse("close", this.name, "it is running, a process that has ended is wanted");
  }

  dispose(): Promise<void> {
    return Promise.reject(this.#notFromInside("dispose of"));
  }

  #notFromInside(action: string): Error {
    return misuse(action, this.name, "it calls this itself, a child of this process is wanted");
  }
}
