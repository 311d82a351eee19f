// deno-lint-ignore-file no-console
/** How long 16 images of 3 MB take, 10 ms of work each, the first time in a program: in two workers, or in a loop. */
import { Pool } from "../../mod.ts";
import { makeImages, work } from "./image_work.ts";

const images = makeImages();
const startedAt = performance.now();
await using pool = new Pool({ workers: 2 });
if (Deno.args[0] === "loop") images.forEach(work);
else await pool.map(work, images, { chunkSize: 1 });
console.log(JSON.stringify({ times: [performance.now() - startedAt] }));
