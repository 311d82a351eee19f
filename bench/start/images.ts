// deno-lint-ignore-file no-console
/** How long 16 images of 3 MB take, 10 ms of work each, the first time in a program: in two workers, or in a loop. */
import { Pool } from "../../mod.ts";

const images = Array.from({ length: 16 }, (_, index) => new Uint8Array(3_000_000).fill(index));
const work = (image: Uint8Array) => {
  let sum = 0;
  for (const end = performance.now() + 10; performance.now() < end;) sum += image[sum % image.length]!;
  return sum;
};
const startedAt = performance.now();
await using pool = new Pool({ workers: 2 });
if (Deno.args[0] === "loop") images.forEach(work);
else await pool.map(work, images, { chunkSize: 1 });
console.log(JSON.stringify({ times: [performance.now() - startedAt] }));
