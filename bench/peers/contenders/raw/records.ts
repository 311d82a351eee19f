/** Answers each chunk of lines of JSON, which a line without text ends, with the results of a task for each record, as such a chunk. */
import * as tasks from "../tasks.mjs";

const task = (tasks as Record<string, unknown>)[Deno.args[0]!] as (record: unknown) => unknown;
const decoder = new TextDecoder();
const encoder = new TextEncoder();
const input = new Uint8Array(256 * 1024);
const output = new Uint8Array(512 * 1024);
const WRITE_BYTES = 64 * 1024;
let end = 0;
let filled = 0;

function write(): void {
  for (let bytes = output.subarray(0, filled); bytes.length > 0;) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  filled = 0;
}

for (let count; (count = Deno.stdin.readSync(input.subarray(end))) !== null;) {
  end += count;
  const whole = input.subarray(0, end).lastIndexOf(10) + 1;
  const text = decoder.decode(input.subarray(0, whole));
  for (let start = 0, at; (at = text.indexOf("\n", start)) >= 0; start = at + 1) {
    const answer = at === start ? "" : JSON.stringify(task(JSON.parse(text.slice(start, at))));
    filled += encoder.encodeInto(answer, output.subarray(filled)).written;
    output[filled++] = 10;
    if (at === start || filled >= WRITE_BYTES) write();
  }
  input.copyWithin(0, whole, end);
  end -= whole;
}
