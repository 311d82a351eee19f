/** Counts primes as often as each line of input says. */
import { countPrimes } from "../tasks.mjs";

const limit = Number(Deno.args[0]);
countPrimes(limit);
for await (
  const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())
) {
  for (let part = 0; part < Number(line); part++) countPrimes(limit);
  await Deno.stdout.write(new TextEncoder().encode("done\n"));
}
