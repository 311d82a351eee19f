// End-to-end: pipes of two ends and of one direction, run as a user runs it.
import { assertEquals } from "@std/assert";
import { linesOf } from "../../helpers/programs/run_example.ts";

Deno.test("examples/pipe_echo gets its words back in capitals, and reads squares until the end of the stream", async () => {
  assertEquals(await linesOf("pipe_echo"), [
    "main: hello came back as HELLO",
    "main: from came back as FROM",
    "main: deno came back as DENO",
    "echo: the other end is closed",
    "squares: I can read: false, write: true",
    "main: received 1",
    "main: received 4",
    "main: received 9",
    "main: received 16",
    "main: EndOfStreamError: Cannot receive: the other end of the pipe is closed, and all messages are taken",
  ]);
});
