/** End-to-end tests: what a worker asks of shared objects does not fill the memory of the program. */
import { assertEquals } from "@std/assert";
import { runProgram } from "../helpers/programs/program.ts";

const MODULE = import.meta.resolve("../fixtures/shared/ask_much.ts");
const MOST_MIB = 64;

/** Runs `begin` in a program, measures how much that grows by until the worker has asked, and then runs `end`. */
async function assertGrowsLittle(begin: string, end: string): Promise<void> {
  const { code, stdout, stderr } = await runProgram(`
    const { Manager, Queue } = corral;
    const pool = new Pool({ workers: 1, module: ${JSON.stringify(MODULE)} });
    await pool.ready();
    const asked = Promise.withResolvers();
    const options = { onProgress: asked.resolve };
    const before = Deno.memoryUsage().rss;
    ${begin}
    await asked.promise;
    const grown = Math.round((Deno.memoryUsage().rss - before) / 1024 / 1024);
    ${end}
    console.log(grown < ${MOST_MIB} ? "little" : "grown by " + grown + " MiB");
    await pool.terminate();
  `);
  assertEquals([stderr, stdout, code], ["", "little\n", 0]);
}

Deno.test("A worker that puts 25 000 items into a queue for one costs little, and loses none", () =>
  assertGrowsLittle(
    `
    const queue = new Queue(1);
    const puts = pool.apply("putMany", [queue, 25_000], options);`,
    `
    for (let n = 0; n < 25_000; n++) {
      const [at] = await queue.get();
      if (at !== n) throw new Error(at + " came instead of " + n);
    }
    await puts;`,
  ));

Deno.test("A worker that waits for 50 000 items at once costs little, and gets them all", () =>
  assertGrowsLittle(
    `
    const queue = new Queue();
    const gets = pool.apply("getMany", [queue, 50_000], options);`,
    `
    for (let n = 0; n < 50_000; n++) await queue.put(n);
    if (await gets !== 50_000) throw new Error("some are missing");`,
  ));

Deno.test("A worker that asks for 150 large values and does not read them costs little", () =>
  assertGrowsLittle(
    `
    const value = new Manager().value("v".repeat(1_000_000));
    const reads = pool.apply("readMany", [value, 150], options);
    await asked.promise;
    // While the worker reads nothing.
    await new Promise((resolve) => setTimeout(resolve, 500));`,
    `if (await reads !== 150) throw new Error("some are missing");`,
  ));
