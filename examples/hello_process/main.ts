// deno-lint-ignore-file no-console
/**
 * Starts processes by function and by subclass: names, process ids, exit codes, and what they do not share.
 *
 *     deno run --allow-run=deno --allow-read=. examples/hello_process/main.ts
 *
 * The processes may only compute. The program may read its folder to find the `deno.json` that their imports need.
 */
import { Process } from "@corral/multiprocessing";
import { greet, greeted, Greeter } from "./greetings.ts";

const module = import.meta.resolve("./greetings.ts");

console.log(`main: my pid is ${Deno.pid}`);
const processes = [
  new Process({ module, target: greet, args: ["Ada"] }),
  new Greeter(["Grace", "Edsger"]),
  new Process({ name: "exits", target: () => Deno.exit(3) }),
  new Process({ name: "loops", target: () => setInterval(() => {}, 1000) }),
];
const loops = processes.at(-1)!;

for (const process of processes) {
  process.start();
  console.log(`main: started ${process.name} with pid ${process.pid}, alive: ${process.isAlive()}`);
}
loops.terminate();
for (const process of processes) {
  await process.join();
  console.log(`main: ${process.name} ended with exit code ${process.exitCode}, alive: ${process.isAlive()}`);
}
console.log(`main: I greeted ${greeted.length} people, the list of a child is its own`);
