// Unit: the check of words.
import { assertEquals } from "@std/assert";
import { findWords, RULES } from "../../scripts/check_words.ts";

const BAD: [text: string, found: string][] = [
  ["// Whoever waits is told.", "Whoever"],
  ["/** A task that heeds its signal. */", "heeds"],
  ['throw new Error("Waited 5 ms in vain");', "in vain"],
  ["// Throws TypeError for what is no list.", "what is no"],
  ["// A URL that is none.", "that is none"],
  ["throw new TypeError(`which is no message of a worker`);", "which is no m"],
  ["// `run` is as good as everything.", "is as good as"],
  ["// Nobody but the owner can.", "Nobody but"],
];

for (const [text, found] of BAD) {
  Deno.test(`findWords() finds "${found}", and says what to write`, () => {
    const [finding, ...rest] = findWords("src/pool/pool.ts", `// fine\n${text}\n`);
    assertEquals([finding?.line, finding?.found, rest], [2, found, []]);
    assertEquals(RULES.some(({ instead }) => instead === finding?.instead), true);
  });
}

Deno.test("findWords() wants a subject in front of who, on pages that people learn from", () => {
  const text = "It is signed. Who can write there cannot forge it.\nA caller, who can wait, waits. Who is protected?\n";
  assertEquals(findWords("docs/cluster.md", text).map(({ line, found }) => [line, found]), [[1, ". Who can"]]);
});

Deno.test("findWords() lets what is plain English pass", () => {
  const text = "A fit person is one who is no longer there; there are none. It is no use. The lesson: good as gold.";
  assertEquals(findWords("src/pool/pool.ts", text), []);
});

Deno.test('findWords() wants "can" for "may" on pages that people learn from, and not in what they quote', () => {
  const text = 'A worker may read.\nIt says "you may not" and `this may fail`.\n> this program may not run Deno\n';
  assertEquals(findWords("docs/guide.md", text).map(({ line, found }) => [line, found]), [[1, "may"]]);
  assertEquals(findWords("src/pool/pool.ts", text), []);
  assertEquals(findWords("docs/decisions/wire.md", text), []);
});
