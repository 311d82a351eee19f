/**
 * End-to-end tests of every public limit of time, with lengths that a runtime's timer holds and lengths that it does not:
 * each either ends the wait soon, or lets it go on until what it waits for has come. Here, those of processes.
 */
import { assertEquals } from "@std/assert";
import { Process, Queue } from "../../mod.ts";
import { getItem, LIMITS, SHORT, stay, timersAtOnceHaveFired } from "./limits.ts";

const IDENTITY = import.meta.resolve("../fixtures/processes/tell_identity.ts");

Deno.test("Process.join() ends soon with a short limit, and waits with a long one", async () => {
  for (const limit of LIMITS) {
    const queue = new Queue<number>();
    const process = new Process({ target: getItem, args: [queue] });
    process.start();
    const joined = process.join(limit);
    if (SHORT.includes(limit)) assertEquals(await joined, false);
    await timersAtOnceHaveFired();
    await queue.put(1);
    if (!SHORT.includes(limit)) assertEquals(await joined, true);
    assertEquals([limit, await process.join(), process.exitCode], [limit, true, 0]);
  }
});

Deno.test("ProcessOptions.killGraceMs sends SIGKILL soon, or lets the process end by itself", async () => {
  for (const killGraceMs of LIMITS) {
    const [heard, go] = [new Queue<string>(), new Queue<string>()];
    const process = new Process({ target: stay, args: [heard, go], killGraceMs });
    {
      await using running = process;
      running.start();
      assertEquals(await heard.get(), "begun");
      if (!SHORT.includes(killGraceMs)) {
        heard.get().then(timersAtOnceHaveFired).then(() => go.put("go"));
      }
    }
    assertEquals([killGraceMs, process.exitCode], [killGraceMs, SHORT.includes(killGraceMs) ? -9 : 7]);
  }
});

Deno.test("ParentProcess.join() ends soon with a short limit, and waits with a long one", async () => {
  for (const limit of LIMITS) {
    const outcome = new Queue<unknown>();
    await using process = new Process({ module: IDENTITY, target: "joinParent", args: [limit, outcome] });
    process.start();
    assertEquals([limit, await outcome.get()], [limit, SHORT.includes(limit) ? false : "waits"]);
  }
});
