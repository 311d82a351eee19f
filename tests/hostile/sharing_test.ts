/** End-to-end tests: what one worker asks of another's objects, in whatever number, costs neither the owner nor those who use them as well. */
import { assert, assertEquals } from "@std/assert";
import { Pool } from "../../mod.ts";
import type { Owned } from "../fixtures/attacks/hog_peers.ts";
import { runProgram } from "../helpers/programs/program.ts";

type Tasks = typeof import("../fixtures/attacks/hog_peers.ts");

interface Workers extends AsyncDisposable {
  readonly owner: Pool<Tasks>;
  readonly hostile: Pool<Tasks>;
  readonly honest: Pool<Tasks>;
}

/** Three workers. Each has a pool, so that none waits for another's task. */
async function threeWorkers(): Promise<Workers> {
  const pools = ["owner", "hostile", "honest"].map((name) =>
    new Pool<Tasks>({ workers: 1, name, module: import.meta.resolve("../fixtures/attacks/hog_peers.ts") })
  );
  await Promise.all(pools.map((pool) => pool.ready()));
  const [owner, hostile, honest] = pools as [Pool<Tasks>, Pool<Tasks>, Pool<Tasks>];
  return {
    owner,
    hostile,
    honest,
    [Symbol.asyncDispose]: async () => void await Promise.all(pools.map((p) => p.terminate())),
  };
}

/** Has the hostile worker begin, calls `meanwhile`, and ends it. */
async function during(
  { hostile }: Workers,
  task: "hogGets" | "hogTime",
  owned: Owned,
  count: number,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const asked = Promise.withResolvers<unknown>();
  const hog = hostile.apply(task, [owned, count], { signal: controller.signal, onProgress: asked.resolve });
  const end = hog.catch(() => {});
  await Promise.race([asked.promise, hog]);
  await meanwhile();
  controller.abort();
  await end;
}

for (
  const [task, count, what] of [["hogGets", 20_000, "waits for all items it can"], [
    "hogTime",
    4000,
    "searches lists",
  ]] as const
) {
  Deno.test(`a worker that ${what} of another keeps nobody else from calling that`, async () => {
    await using workers = await threeWorkers();
    const owned: Owned = await workers.owner.apply("own", [10, 100_000]);
    await during(workers, task, owned, count, async () => {
      assertEquals(await workers.honest.apply("call", [owned, 10]), 10);
      assertEquals(await owned.list.at(7), 7);
      assertEquals(await workers.owner.apply(Math.sqrt, [4]), 2);
    });
    assertEquals(await owned.queue.qsize(), 0);
  });
}

Deno.test("an idle worker that is asked much about what it owns is not taken for one that burns a processor", async () => {
  await using workers = await threeWorkers();
  const owned: Owned = await workers.owner.apply("own", [10, 300_000]);
  const pid = await workers.owner.apply("pid");
  for (const end = performance.now() + 4000; performance.now() < end;) {
    await Promise.all(Array.from({ length: 50 }, () => owned.list.indexOf(-1)));
  }
  assertEquals(await workers.owner.apply("pid"), pid);
  assertEquals(await owned.list.at(7), 7);
});

Deno.test("items for a worker that has stopped reading wait where they are bounded, and all arrive", async () => {
  await using workers = await threeWorkers();
  const owned: Owned = await workers.owner.apply("own", [10, 1]);
  const asked = Promise.withResolvers<unknown>();
  const late = workers.hostile.apply("takeLate", [owned, 100, 1000], { onProgress: asked.resolve });
  await Promise.race([asked.promise, late]);
  await workers.honest.apply("put", [owned, 100, 200_000]);
  assertEquals(await late, 100);
  assertEquals(await owned.queue.qsize(), 0);
});

Deno.test("answers of another worker that a worker does not read cost the program little", async () => {
  // In a program of its own: what a process grows by depends on what it has held before.
  const { code, stdout, stderr } = await runProgram(`
    const module = ${JSON.stringify(import.meta.resolve("../fixtures/attacks/hog_peers.ts"))};
    await using owner = new Pool({ workers: 1, module });
    await using hostile = new Pool({ workers: 1, module });
    const owned = await owner.apply("own", [1_000_000, 1]);
    await hostile.ready();
    const before = Deno.memoryUsage().rss;
    const came = await hostile.apply("readLate", [owned, 300, 1000]);
    const grownMiB = Math.round((Deno.memoryUsage().rss - before) / 2 ** 20);
    console.log(JSON.stringify({ grownMiB, came }));
  `);
  assertEquals([code, stderr], [0, ""]);
  const { grownMiB, came }: { grownMiB: number; came: string[] } = JSON.parse(stdout);
  assert(grownMiB < 256, `it grew by ${grownMiB} MiB`);
  for (const one of came) assert(one === "came" || one.includes("were not read"), one);
});
