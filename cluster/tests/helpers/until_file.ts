/** Resolves when what a file holds is as wanted: looked at whenever somebody has written to it. */
export async function untilFile(path: string, isThere: (text: string) => boolean): Promise<string> {
  // Its folder is watched: the file may not be there yet.
  using watcher = Deno.watchFs(path.replace(/\/[^/]*$/, ""), { recursive: false });
  const look = async (): Promise<string | undefined> => {
    const text = await Deno.readTextFile(path).catch(() => "");
    return isThere(text) ? text : undefined;
  };
  const before = await look();
  if (before !== undefined) return before;
  for await (const { paths } of watcher) {
    if (!paths.includes(path)) continue;
    const text = await look();
    if (text !== undefined) return text;
  }
  throw new Error(`Nobody watches ${path} any more`);
}
