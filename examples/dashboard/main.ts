// deno-lint-ignore-file no-console
/**
 * A pool that works for a while, with a live page to look at it. The page shows what the workers do, how fast, and what goes wrong.
 *
 *     deno run --allow-run=deno,ps --allow-net=127.0.0.1 examples/dashboard/main.ts 30
 *
 * The number is how many seconds it works. Without `ps` the page lacks memory and processor time of the workers.
 */
import { Pool } from "@corral/multiprocessing";

/** Works for some milliseconds, prints now and then, and sometimes fails or dies. */
function resize(width: number): number {
  for (const end = performance.now() + 5 + width % 40; performance.now() < end;);
  if (width % 25 === 0) console.log(`an image of ${width} pixels`);
  if (width % 60 === 0) throw new RangeError(`image is ${width} pixels wide, at most 2000 are allowed`);
  if (width % 997 === 0) Deno.exit(1);
  return width;
}

const seconds = Number(Deno.args[0] ?? 30);
await using pool = new Pool({ workers: 2, name: "thumbnails", output: "events" });
await using dashboard = await pool.serveDashboard({ control: true });
console.log(`Open ${dashboard.url}`);

const end = performance.now() + seconds * 1000;
let done = 0;
function* widths(): Generator<number> {
  for (let width = 1; performance.now() < end; width++) yield width;
}
const images = pool.imapUnordered(resize, widths());
for (let next = await settled(images); next !== "end"; next = await settled(images)) done += next === "ok" ? 1 : 0;
console.log(done > 0 ? "worked, and every image was resized or told why not" : "did nothing");

async function settled(results: AsyncIterator<number>): Promise<"ok" | "failed" | "end"> {
  try {
    return (await results.next()).done ? "end" : "ok";
  } catch {
    return "failed";
  }
}
