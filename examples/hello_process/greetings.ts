// deno-lint-ignore-file no-console
/** What the processes run. */
import { currentProcess, parentProcess, Process } from "@corral/multiprocessing";

/** Every process has a list of its own: what a child adds, nobody else sees. */
export const greeted: string[] = [];

/** Greets by function. */
export function greet(name: string): void {
  greeted.push(name);
  const { name: own, pid } = currentProcess();
  console.log(`${own}: hello, ${name}; my pid is ${pid}, my parent's ${parentProcess()?.pid}, I greeted ${greeted}`);
}

/** Greets by subclass: its fields travel, and `run()` runs in the process. */
export class Greeter extends Process {
  constructor(readonly names: string[]) {
    super({ module: import.meta, name: "greeter" });
  }

  override run(): void {
    for (const name of this.names) greet(name);
  }
}
