/** Another copy of the library, as a program gets it from two URLs or two versions: no module is the same. */
const LIBRARY = new URL("../../../", import.meta.url);

async function copy(from: URL, to: URL): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copy(new URL(`${name}/`, from), new URL(`${name}/`, to));
    else await Deno.copyFile(new URL(name, from), new URL(name, to));
  }
}

/** Runs a function with the URL of a folder that holds a copy of the library. */
export async function withCopy<R>(body: (folder: URL) => Promise<R>): Promise<R> {
  const path = await Deno.makeTempDir({ prefix: "corral-copy-" });
  try {
    const folder = new URL(`file://${path}/`);
    await copy(new URL("src/", LIBRARY), new URL("src/", folder));
    await Deno.copyFile(new URL("mod.ts", LIBRARY), new URL("mod.ts", folder));
    return await body(folder);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}
