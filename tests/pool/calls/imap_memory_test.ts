/** End-to-end tests: a stream through `imap` leaves nothing behind that only a full collection would find. */
import { assertEquals } from "@std/assert";
import { runProgram } from "../../helpers/programs/program.ts";

const MODULE = import.meta.resolve("../../fixtures/tasks/compute.ts");
const CHUNKS = 400;
const CHUNK_SIZE = 5000;
/** The results of all chunks are 15 MiB, and their items as much again. */
const MOST_MIB = 5;

Deno.test("Pool.imap() lets go of a chunk as soon as its results were taken", async () => {
  const { code, stdout, stderr } = await runProgram(
    `
      import { square } from ${JSON.stringify(MODULE)};
      const pool = new Pool({ workers: 1, module: ${JSON.stringify(MODULE)} });
      const items = function* (count) { for (let n = 0; n < count; n++) yield n; };
      let taken = 0;
      let before;
      // Only the young are looked at: what is old and refers to them keeps them, whether it is used or not.
      const collect = () => gc({ type: "minor", execution: "sync" });
      for await (const _ of pool.imap(square, items(${CHUNKS * CHUNK_SIZE}), { chunkSize: ${CHUNK_SIZE} })) {
        if (++taken % ${CHUNK_SIZE} === 0) collect();
        if (taken === ${CHUNK_SIZE * 20}) before = Deno.memoryUsage().heapUsed;
      }
      const grown = (Deno.memoryUsage().heapUsed - before) / 1024 / 1024;
      console.log(grown < ${MOST_MIB} ? "little" : "grown by " + grown + " MiB");
      await pool.terminate();
      `,
    { flags: ["--v8-flags=--expose-gc", `--allow-run=${Deno.execPath()}`] },
  );
  assertEquals([stderr, stdout, code], ["", "little\n", 0]);
});
