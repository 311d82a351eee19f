/** Unit tests of the fence, with echoes by hand; and of the process that echoes. */
import { assertEquals } from "@std/assert";
import { keepAlive } from "../../src/timer.ts";
import { PipeFence } from "../../src/worker/pipe_fence.ts";
import { Reaper } from "../../src/worker/reaper.ts";
import { childrenOf, survivors } from "../helpers/programs/processes.ts";

Deno.test("PipeFence.passed() waits for two echoes, one asked for behind the other", async () => {
  let asked = 0;
  const fence = new PipeFence(() => asked++);
  let passed: boolean | undefined;
  const passing = fence.passed().then((value) => passed = value);
  assertEquals(asked, 1);
  fence.heard(1);
  await Promise.resolve().then(() => {}).then(() => {});
  assertEquals([asked, passed], [2, undefined]);
  fence.heard(1);
  assertEquals(await passing, true);
});

Deno.test("PipeFence.passed() is false when the other process ends, and ever after", async () => {
  let asked = 0;
  const fence = new PipeFence(() => asked++);
  const waiting = [fence.passed(), fence.passed()];
  fence.heard(1);
  fence.break();
  assertEquals(await Promise.all(waiting), [false, false]);
  const before = asked;
  assertEquals([await fence.passed(), asked], [false, before]);
});

Deno.test("Reaper.fence() passes while its process runs, and the last share ends that", async () => {
  const awake = keepAlive();
  const before = await childrenOf(Deno.pid);
  const reaper = new Reaper();
  const [one, other] = [reaper.share(), reaper.share()];
  assertEquals(await one.fence(), false);
  one.start();
  other.start();
  assertEquals(await Promise.all([one.fence(), other.fence()]), [true, true]);
  const started = (await childrenOf(Deno.pid)).filter((pid) => !before.includes(pid));
  assertEquals(started.length, 1);
  await one.release();
  assertEquals(await other.fence(), true);
  await other.release();
  assertEquals(await survivors(started, 10_000), []);
  assertEquals(await other.fence(), false);
  awake.cancel();
});

Deno.test("Reaper starts its process again when that was killed while it watches", async () => {
  const awake = keepAlive();
  const watched = new Deno.Command(Deno.execPath(), { args: ["eval", "setInterval(() => {}, 1000)"], stdin: "null" })
    .spawn();
  const before = await childrenOf(Deno.pid);
  const reaper = new Reaper();
  const share = reaper.share();
  share.start();
  share.watch(watched.pid, false);
  assertEquals(await share.fence(), true);
  const [first] = (await childrenOf(Deno.pid)).filter((pid) => !before.includes(pid));
  Deno.kill(first!, "SIGKILL");
  assertEquals(await survivors([first!], 10_000), []);
  // The end of its output may be heard before its exit, which starts the next.
  while (!await share.fence()) await new Promise((resolve) => setTimeout(resolve, 10));
  share.unwatch(watched.pid);
  watched.kill("SIGKILL");
  await watched.status;
  await share.release();
  awake.cancel();
});
