/** Does the work of `light()` for `relay.ts`: a block of lines comes, one of results goes back. */
import { light } from "./functions.ts";
import { readFrame, writeAll } from "./frames.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const reader = Deno.stdin.readable.getReader({ mode: "byob" });

for (let block = await readFrame(reader); block !== undefined; block = await readFrame(reader)) {
  let output = "";
  for (const line of decoder.decode(block).split("\n")) {
    if (line !== "") output += JSON.stringify(light(JSON.parse(line))) + "\n";
  }
  const bytes = encoder.encode(output);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  await writeAll(Deno.stdout, length);
  await writeAll(Deno.stdout, bytes);
}
