// End-to-end: processes that walk a tree and hash its files, run as a user runs them.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { linesOf, runExample } from "../../helpers/programs/run_example.ts";

/** More files than the queue between walkers and hashers holds. */
const FILES_PER_FOLDER = 60;
const FOLDERS = ["a", "a/b", "a/b/c", "with space", "ü"];

Deno.test("examples/directory_walker prints the digest of every file of a tree, and follows no link out of it", async () => {
  const outside = await Deno.makeTempDir();
  const root = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${outside}/secret.txt`, "secret");
    await link(outside, `${root}/link`);
    await link(`${outside}/secret.txt`, `${root}/link.txt`);
    const expected = await makeTree(root);

    const lines = await linesOf("directory_walker", { args: [root], flags: [`--allow-read=${root}`] });
    const [summary, ...digests] = lines.toReversed();
    assertEquals(digests.toSorted(), expected.toSorted());
    assertEquals(digests.map(pathOf), digests.map(pathOf).toSorted().reverse());
    assertEquals(summary, `${expected.length} files, 3.0 MB; 0 could not be read`);
  } finally {
    await Deno.remove(root, { recursive: true });
    await Deno.remove(outside, { recursive: true });
  }
});

Deno.test("examples/directory_walker tells of a folder that cannot be read, and fails", async () => {
  const { lines, stderr, code } = await runExample("directory_walker", { args: ["no_such_folder"] });
  assertStringIncludes(stderr, "no_such_folder: NotFound");
  assertEquals([lines, code], [["0 files, 0.0 MB; 1 could not be read"], 1]);
});

/** Fills a tree, and gives the lines of `sha256sum` for it. */
async function makeTree(root: string): Promise<string[]> {
  const files = new Map([["empty", ""], ["large", "0123456789".repeat(300_000)]]);
  for (const folder of FOLDERS) {
    for (let n = 0; n < FILES_PER_FOLDER; n++) files.set(`${folder}/file ${n}`, `${folder} ${n}`);
    await Deno.mkdir(`${root}/${folder}`, { recursive: true });
  }
  return await Promise.all(Array.from(files, async ([path, text]) => {
    await Deno.writeTextFile(`${root}/${path}`, text);
    return `${createHash("sha256").update(text).digest("hex")}  ${root}/${path}`;
  }));
}

const pathOf = (line: string): string => line.slice(66);

/** Deno would want permission to read and write everything. */
async function link(target: string, path: string): Promise<void> {
  const { success } = await new Deno.Command("ln", { args: ["-s", target, path] }).output();
  assert(success);
}
