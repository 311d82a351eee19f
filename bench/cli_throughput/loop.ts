/** The same work in one process: reads lines of JSON from stdin, and writes lines of JSON. The argument names the function. */
import * as functions from "./functions.ts";

const work = functions[Deno.args[0] as keyof typeof functions] as (record: unknown) => unknown;
const decoder = new TextDecoder();
const encoder = new TextEncoder();
let rest = "";
let output = "";

async function flush(): Promise<void> {
  for (let bytes = encoder.encode(output); bytes.length > 0;) bytes = bytes.subarray(await Deno.stdout.write(bytes));
  output = "";
}

for await (const chunk of Deno.stdin.readable) {
  const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
  rest = lines.pop()!;
  for (const line of lines) output += JSON.stringify(work(JSON.parse(line))) + "\n";
  if (output.length > 65_536) await flush();
}
if (rest !== "") output += JSON.stringify(work(JSON.parse(rest))) + "\n";
await flush();
