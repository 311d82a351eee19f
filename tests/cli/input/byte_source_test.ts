// Unit: what is found at the beginning of an input, whatever the pieces are that it comes in.
import { assertEquals } from "@std/assert";
import { openSource } from "../../../cli/input/byte_source.ts";
import type { ReadBytes } from "../../../cli/input/byte_window.ts";

const OPTIONS = { place: "-", encoding: undefined, hasLines: true, hasNuls: false };

async function readAll(text: string): Promise<string> {
  let rest = new TextEncoder().encode(text);
  const { read } = await openSource((buffer) => {
    const part = rest.subarray(0, buffer.length);
    buffer.set(part);
    rest = rest.subarray(part.length);
    return Promise.resolve(part.length === 0 ? null : part.length);
  }, OPTIONS);
  return await textOf(read);
}

async function textOf(read: ReadBytes): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1000);
  let text = "";
  for (let count; (count = await read(buffer)) !== null;) {
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return text;
}

Deno.test("openSource() takes CRLF for one line end, also where the search for line ends ends between the two", async () => {
  for (const length of [1, 65_534, 65_535, 65_536, 131_071]) {
    const line = "x".repeat(length);
    const windows = `${line}\r\nb\r\n`;
    assertEquals(await readAll(windows) === windows, true, `CRLF behind ${length}`);
    assertEquals(
      await readAll(`${line}\rb\r`) === (length < 65_536 ? `${line}\nb\n` : `${line}\rb\r`),
      true,
      `CR behind ${length}`,
    );
  }
});
