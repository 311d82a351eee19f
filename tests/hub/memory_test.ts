/** End-to-end tests: what a worker asks of shared objects does not fill the memory of the program. */
import { assertEquals } from "@std/assert";
import { runProgram } from "../helpers/program.ts";

const MOST_MIB = 96;

/** Runs `body` in a program with a pool, and fails if the program grows by more than that. */
async function assertGrowsLittle(body: string): Promise<void> {
  const { code, stdout, stderr } = await runProgram(`
    const { Manager, Queue } = corral;
    const pool = new Pool({ workers: 1 });
    await pool.ready();
    const before = Deno.memoryUsage().rss;
    let most = before;
    const timer = setInterval(() => most = Math.max(most, Deno.memoryUsage().rss), 5);
    ${body}
    clearInterval(timer);
    most = Math.max(most, Deno.memoryUsage().rss);
    const grown = Math.round((most - before) / 1024 / 1024);
    console.log(grown < ${MOST_MIB} ? "little" : "grown by " + grown + " MiB");
    await pool.terminate();
  `);
  assertEquals([stderr, stdout, code], ["", "little\n", 0]);
}

Deno.test("A worker that asks for 400 large values and does not read them costs little", () =>
  assertGrowsLittle(`
    const value = new Manager().value("v".repeat(1_000_000));
    const progress = Promise.withResolvers();
    const ask = (value) => {
      let arrived = 0;
      const all = Array.from({ length: 400 }, () => value.get().then(() => arrived++));
      return Promise.resolve().then(async () => {
        // Nothing is read here meanwhile.
        for (const end = performance.now() + 1000; performance.now() < end;);
        await Promise.all(all);
        return arrived;
      });
    };
    const arrived = await pool.apply(ask, [value]);
    if (arrived !== 400) throw new Error("only " + arrived);
  `));

Deno.test("A worker that waits for 40 000 items at once costs little, and gets them all", () =>
  assertGrowsLittle(`
    const queue = new Queue();
    const begun = new Queue();
    const gets = pool.apply(async (queue, begun) => {
      const all = Array.from({ length: 40_000 }, () => queue.get());
      await begun.put(1).catch(() => {});
      return new Set(await Promise.all(all)).size;
    }, [queue, begun]);
    for (let n = 0; n < 40_000; n++) await queue.put(n);
    if (await gets !== 40_000) throw new Error("some are missing");
  `));

Deno.test("A worker that puts 40 000 items into a queue for one costs little, and loses none", () =>
  assertGrowsLittle(`
    const queue = new Queue(1);
    const puts = pool.apply(async (queue) => {
      await Promise.all(Array.from({ length: 40_000 }, (_, n) => queue.put([n, "x".repeat(1000)])));
    }, [queue]);
    for (let n = 0; n < 40_000; n++) {
      const [at] = await queue.get();
      if (at !== n) throw new Error(at + " came instead of " + n);
    }
    await puts;
  `));
