/** Answers each line of JSON: without an argument with what it holds, else with the results of that task for each item. */
import * as tasks from "../tasks.mjs";

const task = Deno.args[0] === undefined
  ? undefined
  : (tasks as Record<string, unknown>)[Deno.args[0]] as (item: unknown) => unknown;
const decoder = new TextDecoder();
const encoder = new TextEncoder();
const buffer = new Uint8Array(256 * 1024);
const texts: string[] = [];

for (let count; (count = await Deno.stdin.read(buffer)) !== null;) {
  const [end, ...rest] = decoder.decode(buffer.subarray(0, count), { stream: true }).split("\n");
  texts.push(end!);
  let answers = "";
  for (const text of rest) {
    const value = JSON.parse(texts.join(""));
    answers += `${JSON.stringify(task === undefined ? value : value.map((item: unknown) => task(item)))}\n`;
    texts.splice(0, texts.length, text);
  }
  for (let bytes = encoder.encode(answers); bytes.length > 0;) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}
