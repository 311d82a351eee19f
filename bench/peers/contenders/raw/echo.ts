/** Sends back what it gets, in blocking reads and writes. */
const buffer = new Uint8Array(1024);
for (let count; (count = Deno.stdin.readSync(buffer)) !== null;) {
  Deno.stdout.writeSync(buffer.subarray(0, count));
}
