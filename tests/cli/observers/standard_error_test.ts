// Unit: what is told to people, on a stream that takes only a part of it, or nothing for now.
import { assertEquals } from "@std/assert";
import { writeToStderr } from "../../../cli/observers/progress/mod.ts";

const { BrokenPipe, WouldBlock } = Deno.errors;

/** A stream that answers each write with what is next: how many bytes it takes, or what is thrown. */
function streamOf(answers: (number | Error)[]): { text: string; write(bytes: Uint8Array): Promise<number> } {
  return {
    text: "",
    write(bytes) {
      const next = answers.shift() ?? bytes.length;
      if (typeof next !== "number") return Promise.reject(next);
      this.text += new TextDecoder().decode(bytes.subarray(0, next));
      return Promise.resolve(next);
    },
  };
}

Deno.test("writeToStderr() writes all of a text where the stream is full and does not block, and ends where nobody reads", async () => {
  const full = streamOf([2, new WouldBlock("full"), new WouldBlock("full"), 1]);
  await writeToStderr("12345", full);
  assertEquals(full.text, "12345");
  const gone = streamOf([2, new BrokenPipe("gone")]);
  await writeToStderr("12345", gone);
  assertEquals(gone.text, "12");
});
