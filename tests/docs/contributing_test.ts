// Unit: that CONTRIBUTING.md says what is there. It reads the repository's files.
import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);
const CONTRIBUTING = await Deno.readTextFile(new URL("CONTRIBUTING.md", ROOT));
const KIND = /\b(?:unit|contract|policy|end-to-end|compile-time|fuzz)\b/i;

Deno.test("CONTRIBUTING.md names every task, and no other", () => {
  const named = new Set(
    [...CONTRIBUTING.matchAll(/`(?:deno task )?([a-z]+(?::[a-z]+)?)\b[^`]*`/g)].map(([, name]) => name!),
  );
  assertEquals(Object.keys(config.tasks).filter((name) => !named.has(name)), []);
  const called = [...CONTRIBUTING.matchAll(/deno task ([a-z:]+)/g)].map(([, name]) => name!);
  assertEquals(called.filter((name) => !Object.hasOwn(config.tasks, name)), []);
});

Deno.test("every test file begins with a comment that says its kind", async () => {
  const silent: string[] = [];
  for (const folder of ["tests/", "cluster/tests/"]) {
    for await (const path of testFiles(folder)) {
      const text = await Deno.readTextFile(new URL(path, ROOT));
      const comment = /^(?:\/\*\*[\s\S]*?\*\/|(?:\/\/.*\n)+)/.exec(text)?.[0] ?? "";
      if (!KIND.test(comment)) silent.push(path);
    }
  }
  assertEquals(silent, []);
});

async function* testFiles(folder: string): AsyncIterable<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    if (isDirectory) yield* testFiles(`${folder}${name}/`);
    else if (name.endsWith("_test.ts")) yield folder + name;
  }
}
