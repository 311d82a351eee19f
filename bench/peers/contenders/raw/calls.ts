/**
 * Runs the call in each line of JSON, and answers it by a write of its own before the next one begins: so a caller knows which one may have
 * begun when this process dies.
 */
import * as tasks from "../tasks.mjs";

const functions = tasks as unknown as Record<
  string,
  (argument: unknown) => unknown
>;
const decoder = new TextDecoder();
const encoder = new TextEncoder();
const input = new Uint8Array(64 * 1024);
const output = new Uint8Array(64);
let rest = "";

for (let count; (count = Deno.stdin.readSync(input)) !== null;) {
  const lines = (rest + decoder.decode(input.subarray(0, count))).split("\n");
  rest = lines.pop()!;
  for (const line of lines) {
    const [id, name, argument] = JSON.parse(line);
    const value = functions[name]!(argument);
    if (value instanceof Promise) await value;
    const { written } = encoder.encodeInto(`[${id}]\n`, output);
    Deno.stdout.writeSync(output.subarray(0, written));
  }
}
