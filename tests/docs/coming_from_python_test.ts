// Unit: the page that leads people from Python to the examples.
import { assertEquals } from "@std/assert";

const PAGE = new URL("../../docs/coming_from_python.md", import.meta.url);
const EXAMPLES = new URL("../../examples/", import.meta.url);

Deno.test("docs/coming_from_python.md leads to every example, and each of its links to something", async () => {
  const page = await Deno.readTextFile(PAGE);
  const targets = [...page.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, target]) => new URL(target!, PAGE).href);
  const isThere = await Promise.all(targets.map(exists));
  assertEquals(targets.filter((_, index) => !isThere[index]), []);

  const examples = await Array.fromAsync(Deno.readDir(EXAMPLES), ({ name }) => name);
  // The demonstration is introduced by the README.
  const unlinked = examples.filter((name) => name !== "flights" && !targets.includes(`${EXAMPLES.href}${name}/`));
  assertEquals(unlinked, []);
});

async function exists(url: string): Promise<boolean> {
  return await Deno.stat(new URL(url)).then(() => true, () => false);
}
