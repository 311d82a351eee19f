// Unit tests with a made-up module, documented by the real deno doc; and the reference as HTML.
import { assert, assertEquals, assertMatch } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { findGaps } from "../../scripts/check_docs.ts";

const ROOT = new URL("../../", import.meta.url);

const COMPLETE = `
  /**
   * A door.
   *
   * @example
   * \`\`\`ts
   * new Door().open("key");
   * \`\`\`
   */
  export class Door implements Disposable {
    /** Its colour. */
    readonly colour = "red";
    readonly #hinges = 2;
    /** Opens it. */
    open(key: string): void;
    /** Opens it by force. */
    open(): void;
    open(_key?: string): void {}
    /** Whether it is open. */
    get isOpen(): boolean {
      return this.#hinges > 0;
    }
    /** Closes it. */
    [Symbol.dispose](): void {}
  }

  /** What a door is made of. */
  export type Material = "wood" | "steel";
`;

Deno.test("findGaps() accepts a module in which all is described and shown", async () => {
  assertEquals(await gapsIn(COMPLETE), []);
});

const GAPS: [what: string, text: string, gap: string][] = [
  ["a type without a comment", "export type Key = string;", "Key has no doc comment"],
  ["a function without an example", "/** Knocks. */ export function knock(): void {}", "knock has no example"],
  ["a value without an example", "/** The key. */ export const key: string = '';", "key has no example"],
  [
    "a member without a comment",
    "/** A lock. */ export interface Lock { bolts: number }",
    "Lock.bolts has no doc comment",
  ],
  ["a method that is in no example", COMPLETE.replace(".open(", ".isOpen(").trim(), "Door.open is in no example"],
];

for (const [what, text, gap] of GAPS) {
  Deno.test(`findGaps() finds ${what}`, async () => {
    assertEquals(await gapsIn(text), [gap]);
  });
}

Deno.test("deno doc --html builds the reference of every export without a warning", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const output = `--output=${folder}`;
    const { success, text } = await denoDoc("--html", "--name=corral", output, ...Object.values(config.exports));
    assert(success, text);
    assertMatch(text, /^Written \d+ files to "[^"]+"\n$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function gapsIn(text: string): Promise<string[]> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, text);
    const { success, text: json } = await denoDoc("--json", file);
    assert(success, json);
    return findGaps(JSON.parse(json));
  } finally {
    await Deno.remove(file);
  }
}

/** What `deno doc` prints, warnings included. */
async function denoDoc(...args: string[]): Promise<{ success: boolean; text: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  return { success, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}
