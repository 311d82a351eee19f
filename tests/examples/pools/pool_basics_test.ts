// End-to-end: every way to give work to a pool, run as a user runs it.
import { assertEquals } from "@std/assert";
import { linesOf } from "../../helpers/programs/run_example.ts";

Deno.test("examples/pool_basics shows what each way of calling gives, and where errors go", async () => {
  assertEquals(await linesOf("pool_basics"), [
    "apply 1024",
    "map [ 1, 4, 9, 16, 25, 36 ]",
    "starmap [ 8, 9, 1 ]",
    "ready at once? false false false",
    "callback 21",
    "applyAsync 21",
    "mapAsync [ 1, 2, 3 ]",
    "starmapAsync [ 2, 4, 8, 16, 32 ]",
    "errorCallback RangeError: 7 is odd",
    "successful? false",
    "map RangeError: 3 is odd",
    "all of it ran on 2 workers, 0 are left",
    "after close PoolClosedError: Cannot submit: pool was closed before",
  ]);
});
