// deno-lint-ignore-file no-console
/**
 * A daemon ends when the program has done its work; a process that is not a daemon is waited for.
 *
 *     deno run --allow-run=deno examples/daemon/main.ts
 *
 * The processes may only compute. Their functions use nothing outside themselves, so their text is sent.
 */
import { Event, Process } from "@corral/multiprocessing";

async function serveForEver(started: Event): Promise<void> {
  console.log("daemon: starting");
  await started.set();
  await new Promise((resolve) => setTimeout(resolve, 3_600_000));
  console.log("daemon: you never see this");
}

async function finishTheWork(mainIsDone: Event): Promise<void> {
  console.log("worker: starting");
  await mainIsDone.wait();
  await new Promise((resolve) => setTimeout(resolve, 200));
  console.log("worker: finished, though the program had nothing left to do");
}

const [daemonStarted, mainIsDone] = [new Event(), new Event()];
const daemon = new Process({ name: "daemon", daemon: true, target: serveForEver, args: [daemonStarted] });
const worker = new Process({ name: "worker", target: finishTheWork, args: [mainIsDone] });
daemon.start();
worker.start();
await daemonStarted.wait();
console.log(`main: my last line; ${daemon.name} has pid ${daemon.pid}, and nobody joins ${worker.name}`);
await mainIsDone.set();
