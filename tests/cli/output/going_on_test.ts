// End-to-end: a run of `corral map` that goes on with a joblog does what the first one would have done, and no more of it at once.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { corral, inFolder, ndjson } from "../../helpers/programs/corral.ts";
import { mapByOne, mapInTurn } from "../../helpers/programs/in_turn.ts";

const TWO = ndjson([1, 2]);
const MANY = ndjson(Array.from({ length: 200 }, (_, n) => n + 1));

Deno.test("corral map --resume hands out no more records at once than --chunk and --rate say", async () => {
  await inFolder(async (folder) => {
    const events = `${folder}/events.ndjson`;
    const args = ["-e", "(n) => n", "-o", `${folder}/out`, "--joblog", `${folder}/log`, "--events", events];
    const outcomes = await mapInTurn([
      [TWO, args],
      [MANY, [...args, "--resume", "--chunk", "3", "--rate", "100000/s"]],
    ]);
    for (const { code, stderr } of outcomes) assertEquals(code, 0, stderr);
    const blocks = [...(await Deno.readTextFile(events)).matchAll(/"type":"block".*"records":(\d+)/g)];
    assert(blocks.length > 0);
    assertEquals(blocks.filter(([, records]) => Number(records) > 3), []);
    assertEquals(await Deno.readTextFile(`${folder}/out`), MANY);
  });
});

const TABLES: [what: string, text: string, ...flags: string[]][] = [
  ["columns that --csv-safe makes harmless", '(n) => ({ "@id": n, "=1": 2, "\'": 3 })', "--csv-safe"],
  [
    "more columns than fit in 64 KiB",
    "(n) => Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`column ${i}`, n]))",
  ],
];

Deno.test("corral map --resume knows the columns of its output again", async () => {
  await inFolder(async (folder) => {
    for (const [at, [what, text, ...flags]] of TABLES.entries()) {
      const args = ["-e", text, "--out", "csv", ...flags];
      const parts = [...args, "-o", `${folder}/${at}`, "--joblog", `${folder}/log${at}`];
      const three = ndjson([1, 2, 3]);
      const [whole, , last] = await mapInTurn([[three, args], [TWO, parts], [three, [...parts, "--resume"]]]);
      assertEquals(last!.code, 0, last!.stderr.slice(0, 1000));
      assertStringIncludes(last!.stderr, "; 2 done in earlier runs");
      assert(await Deno.readTextFile(`${folder}/${at}`) === whole!.stdout, what);
    }
  });
});

Deno.test("corral map --resume-failed does not take the invalid records of an input for its format", async () => {
  await inFolder(async (folder) => {
    const args = ["-e", "(n) => n", "--joblog", `${folder}/log`];
    const input = "1\nnone\n".repeat(25);
    for (const { code, stderr } of await mapInTurn([[input, args], [input, [...args, "--resume-failed"]]])) {
      assertEquals(code, 25, stderr);
    }
  });
});

Deno.test("corral map --resume-failed leaves out of its rejects what succeeds, and leaves links to them, who may read them and files beside them as they are", async () => {
  await inFolder(async (folder) => {
    const link = `${folder}/link`;
    // Deno.symlink() would take more than a test has.
    assert((await new Deno.Command("ln", { args: ["-s", `${folder}/rejects`, link] }).output()).success);
    const args = ["--rejects", link, "--joblog", `${folder}/log`];
    assertEquals((await mapByOne(["-e", "() => { throw 1; }", ...args], { stdin: TWO, allow: ["-A"] })).code, 2);
    await Deno.writeTextFile(`${folder}/rejects.new`, "mine");
    await Deno.chmod(`${folder}/rejects`, 0o600);
    const again = ["-e", "(n) => { if (n === 2) throw 1; }", ...args, "--resume-failed", "--force"];
    const { code, stderr } = await mapByOne(again, { stdin: TWO, allow: ["-A"] });
    assertEquals(code, 1, stderr);
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
    assertEquals(names, ["link", "log", "rejects", "rejects.new"]);
    assertEquals(await Deno.readTextFile(`${folder}/rejects.new`), "mine");
    if (Deno.build.os !== "windows") assertEquals((await Deno.stat(`${folder}/rejects`)).mode! & 0o777, 0o600);
    assert((await Deno.lstat(link)).isSymlink);
    const lines = (await Deno.readTextFile(link)).trim().split("\n").map((line) => JSON.parse(line).sequence);
    assertEquals(lines, [2]);
  });
});

Deno.test("corral map --rejects that is added at --resume is refused where it would lack what has failed, and is whole at --resume-failed", async () => {
  await inFolder(async (folder) => {
    const rejects = `${folder}/rejects`;
    const args = ["-e", "() => { throw 1; }", "--joblog", `${folder}/log`];
    assertEquals((await mapByOne(args, { stdin: TWO })).code, 2);
    const { code, stderr } = await mapByOne([...args, "--resume", "--rejects", rejects], { stdin: TWO });
    assertEquals(code, 255, stderr);
    assertStringIncludes(stderr, "it would not have 2 records that failed in earlier runs, wanted --resume-failed");
    assertEquals((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), ["log"]);
    assertEquals((await mapByOne([...args, "--resume-failed", "--rejects", rejects], { stdin: TWO })).code, 2);
    const lines = (await Deno.readTextFile(rejects)).trim().split("\n").map((line) => JSON.parse(line).sequence);
    assertEquals(lines, [1, 2]);
    // Now the joblog knows the file.
    assertEquals((await mapByOne([...args, "--resume", "--rejects", rejects], { stdin: TWO })).code, 2);
  });
});

/** Record 2 waits for ever, until there is a file; those behind it up to 9 have no result, and record 14 fails. */
const GAP = `const isOpen = () => { try { return Deno.statSync("open").isFile; } catch { return false; } };
export default (n: number) => {
  if (n === 2 && !isOpen()) return new Promise(() => {});
  if (n === 14) throw new Error("no 14");
  return n === 1 || n > 9 ? { n, half: n / 2 } : undefined;
};`;

Deno.test("corral map --halt now,fail=1 tells of a failure that waits in the joblog, and --resume knows the columns of rows that wait", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/job.ts`, GAP);
    const args = ["map", "-j", "2", "--chunk", "1", "job.ts", "--allow-read=open", "--out", "csv", "--joblog", "log"];
    const stdin = ndjson(Array.from({ length: 14 }, (_, n) => n + 1));
    const options = { cwd: folder, stdin, allow: ["--allow-run"] };
    const halted = await corral([...args, "--halt", "now,fail=1"], options);
    assertEquals([halted.code, halted.stdout], [1, "n,half\n1,0.5\n"], halted.stderr);
    assertStringIncludes(halted.stderr, "record 14 (line 14 of stdin) failed: Error: no 14");
    assertStringIncludes(halted.stderr, "more wait in the joblog for those in front of them, 1 of them failed; go on");
    await Deno.writeTextFile(`${folder}/open`, "");
    const resumed = await corral([...args, "--resume"], options);
    assertEquals([resumed.code, resumed.stdout], [1, "n,half\n10,5\n11,5.5\n12,6\n13,6.5\n"], resumed.stderr);
  });
});
