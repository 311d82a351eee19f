/** Answers each chunk of lines of JSON, which a line without text ends, with the results of a task for each record, as such a chunk. */
import * as tasks from "../tasks.mjs";

const task = (tasks as Record<string, unknown>)[Deno.args[0]!] as (record: unknown) => unknown;
const decoder = new TextDecoder();
const encoder = new TextEncoder();
const input = new Uint8Array(256 * 1024);
const output = new Uint8Array(512 * 1024);
const WRITE_BYTES = 64 * 1024;
let start = 0;
let end = 0;
let filled = 0;

function write(): void {
  for (let bytes = output.subarray(0, filled); bytes.length > 0;) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  filled = 0;
}

for (let count; (count = Deno.stdin.readSync(input.subarray(end))) !== null;) {
  end += count;
  for (let at; (at = input.subarray(0, end).indexOf(10, start)) >= 0; start = at + 1) {
    const text = decoder.decode(input.subarray(start, at));
    const answer = text === "" ? "" : JSON.stringify(task(JSON.parse(text)));
    filled += encoder.encodeInto(answer, output.subarray(filled)).written;
    output[filled++] = 10;
    if (text === "" || filled >= WRITE_BYTES) write();
  }
  input.copyWithin(0, start, end);
  end -= start;
  start = 0;
}
