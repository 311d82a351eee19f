// End-to-end: objects that ten children change at once, run as a user runs it.
import { assertEquals } from "@std/assert";
import { linesOf } from "../../helpers/programs/run_example.ts";

Deno.test("examples/shared_state loses nothing that ten children write into shared objects", async () => {
  assertEquals(await linesOf("shared_state"), [
    "exit codes 0 0 0 0 0 0 0 0 0 0",
    "rows [[0],[1],[2],[3],[4],[5],[6],[7],[8],[9]]",
    "squares 0,0 1,1 2,4 3,9 4,16 5,25 6,36 7,49 8,64 9,81",
    "words { even: 500, odd: 500 }",
    "total 1000",
    "histogram [ 400, 300, 300 ]",
  ]);
});
