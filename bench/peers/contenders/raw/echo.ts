/** Sends back what it gets. */
const buffer = new Uint8Array(1024);
for (let count; (count = await Deno.stdin.read(buffer)) !== null;) {
  Deno.stdout.writeSync(buffer.subarray(0, count));
}
