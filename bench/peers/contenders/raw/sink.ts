/** Receives as many bytes as the parent says, into memory of their own, and answers with how many they were. */
const size = Number(Deno.args[0]);

for (;;) {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const count = await Deno.stdin.read(bytes.subarray(at));
    if (count === null) Deno.exit();
    at += count;
  }
  await Deno.stdout.write(new TextEncoder().encode(`${at}\n`));
}
