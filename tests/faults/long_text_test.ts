/** End-to-end: a worker dies while it writes a long text, which its program reads piece by piece. */
import { assertEquals, assertRejects } from "@std/assert";
import { WorkerExitError } from "../../mod.ts";
import { withInvariants } from "../helpers/pools/invariants.ts";

const FORGE = import.meta.resolve("../fixtures/attacks/forge_frames.ts");
// Escapes, so that one ends within an escape; and characters of three bytes.
const TEXT = '"\n€'.repeat(200_000);

Deno.test("a worker that dies within a long text loses its task alone, and nothing of the text is printed", () =>
  withInvariants({ workers: 1, module: FORGE, output: "events" }, async (pool, log) => {
    for (const writtenBytes of [20, 60, 70, 300_000, 300_001, 300_002, 300_003, 900_000, 1_400_000]) {
      const error = await assertRejects(() => pool.apply("dieInText", [TEXT, writtenBytes]), WorkerExitError);
      assertEquals([error.signal, error.taskStarted], ["SIGKILL", true], `${writtenBytes} ${error}`);
      assertEquals(await pool.apply("double", [2]), 4);
    }
    assertEquals(log.text("stdout"), "");
  }));
