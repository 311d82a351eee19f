/** End-to-end tests of a pool whose program is held up, as by a loop of its own: what workers say in time is not late because it is read late. */
import { assertEquals } from "@std/assert";
import { withPool } from "../../helpers/pools/with_pool.ts";

/** In a worker: writes the file when what the function gives has left, and no event of the program was needed for it. */
function tellLater(path: string): string {
  setTimeout(() => Deno.writeTextFileSync(path, "told"), 0);
  return "told";
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Holds this program up until the worker has told what it is to tell, and beyond the limit of `limitMs`. */
function holdUp(path: string, limitMs: number): void {
  const begunAt = performance.now();
  while (performance.now() - begunAt < limitMs + 50 || !exists(path)) {
    if (performance.now() - begunAt > 100_000) throw new Error("the worker told nothing");
  }
}

/** Lets what was submitted leave, and nothing else happen. */
async function untilSent(): Promise<void> {
  for (let count = 0; count < 20; count++) await undefined;
}

const LIMIT_MS = 1000;

for (const concurrency of [1, 2]) {
  Deno.test(`Pool gives the answer of a task that came in time, read after its timeoutMs; ${concurrency} at once`, async () => {
    const folder = await Deno.makeTempDir();
    const options = { workers: 1, concurrency, permissions: { write: [folder] } };
    await withPool(options, async (pool) => {
      await pool.ready();
      const answer = pool.apply(tellLater, [`${folder}/told`], { timeoutMs: LIMIT_MS });
      await untilSent();
      holdUp(`${folder}/told`, LIMIT_MS);
      assertEquals(await answer, "told");
    });
    await Deno.remove(folder, { recursive: true });
  });
}
