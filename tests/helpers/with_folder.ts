/** A folder for one test. */

/** Gives `body` the path of a new folder, which is removed afterwards. */
export async function withFolder<R>(body: (folder: string) => Promise<R>): Promise<R> {
  const folder = await Deno.makeTempDir({ prefix: "corral-test-" });
  try {
    return await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
