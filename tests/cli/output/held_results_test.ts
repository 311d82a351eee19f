// End-to-end: results that are finished behind one that is not keep their order, however a run ends and goes on.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { corral, corralCommand, inFolder } from "../../helpers/programs/corral.ts";
import { Gate } from "../../helpers/pools/gate.ts";
import { until } from "../../helpers/programs/processes.ts";

/** Tells the test that it has begun, which is when all records before it in its block are done. Record 1 waits for the test. */
const JOB = `
const ask = async (port, wants) => {
  const connection = await Deno.connect({ port, hostname: "127.0.0.1" });
  if (wants) await connection.read(new Uint8Array(1));
  connection.close();
};
export default async function* ({ n, port }, { index }) {
  Deno.writeTextFileSync(new URL("./calls", import.meta.url), index + 1 + "\\n", { append: true });
  if (n === "hold" || n === "last") await ask(port, true);
  if (n === "fail") throw new Error("failed once");
  if (n === "none") return;
  yield { n: n + "ä" };
  if (n === "two") yield { n: "second" };
}
`;

interface Run {
  readonly folder: string;
  readonly gate: Gate;
  readonly args: string[];
}

/** A run whose first record waits, as the last one does, after all between them; these are finished then. */
async function inRun(flags: readonly string[], body: (run: Run) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    using gate = new Gate();
    await Deno.writeTextFile(`${folder}/job.ts`, JOB);
    const names = ["hold", "b", "fail", "none", "two", "c", "last"];
    const lines = names.map((n) => JSON.stringify({ n, port: gate.port }) + "\n");
    await Deno.writeTextFile(`${folder}/in`, lines.join(""));
    const args = [
      "map",
      `${folder}/job.ts`,
      `${folder}/in`,
      `--allow-net=127.0.0.1`,
      `--allow-write=${folder}/calls`,
      "-j2",
      "--chunk=1",
      `--joblog=${folder}/log`,
      "--resume",
      "-o",
      `${folder}/out`,
      ...flags,
    ];
    await body({ folder, gate, args });
  });
}

const ALLOW = { allow: ["--allow-run", "--allow-net=127.0.0.1"] };
const EXPECTED = ["holdä", "bä", "twoä", "second", "cä", "lastä"];

/** Interrupts a run twice, as soon as records 1 and 7 are running and `ended` others are known to have ended. Returns what it said. */
async function interrupt({ folder, gate, args }: Run, ended: number): Promise<string> {
  const child = corralCommand([...args, `--events=${folder}/events`], ALLOW).spawn();
  await child.stdin.close();
  await gate.arrived(2);
  const events = async () => await Deno.readTextFile(`${folder}/events`);
  const ends = async () => (await events()).split("\n").filter((line) => /"block".*"state":"end"/.test(line)).length;
  assert(await until(async () => await ends() >= ended, 30_000));
  // The second only when the first was heard: two at once can be one, and a third has the run wait for no output.
  let told = "";
  child.kill("SIGINT");
  const errors = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const readOn = async () => {
    const { value } = await errors.read();
    told += value ?? "";
    return value !== undefined;
  };
  while (!told.includes("interrupted")) assert(await readOn(), told);
  child.kill("SIGINT");
  while (await readOn());
  const { code } = await child.status;
  await child.stdout.cancel();
  gate.open();
  assertEquals(code, 130);
  return told;
}

const callsOf = async (folder: string) => (await Deno.readTextFile(`${folder}/calls`)).trim().split("\n").map(Number);
const readLines = async (path: string) => (await Deno.readTextFile(path)).trim().split("\n");

for (
  const [format, valuesIn] of [
    ["json", (text: string) => JSON.parse(text).map(({ n }: { n: string }) => n)],
    ["csv", (text: string) => text.trim().split("\n").slice(1)],
  ] as const
) {
  Deno.test(`corral map --resume writes each result once and in order after runs that were ended by force, --out ${format}`, async () => {
    await inRun([`--out=${format}`], async (run) => {
      const { folder, gate, args } = run;
      // An array is closed, so that it can be read; the next run opens it again.
      const empty = format === "json" ? "[]\n" : "";
      const told = await interrupt(run, 5);
      assertStringIncludes(told, "0 records, 0 failed");
      assertStringIncludes(
        told,
        "5 more wait in the joblog for those in front of them, 1 of them failed; go on with --resume",
      );
      assertEquals(await Deno.readTextFile(`${folder}/out`), empty);
      if (format === "json") {
        // What is held stays held when the next run does not come to it.
        await interrupt(run, 0);
        assertEquals(await Deno.readTextFile(`${folder}/out`), empty);
      }
      gate.openForGood();
      const last = await corral(args, ALLOW);
      assertEquals(last.code, 1, last.stderr);
      assertStringIncludes(last.stderr, "record 3");
      assertEquals(valuesIn(await Deno.readTextFile(`${folder}/out`)), EXPECTED);
      const calls = await callsOf(folder);
      assertEquals(calls.filter((n) => n > 1 && n < 7), [2, 3, 4, 5, 6], "each was run once");
      const again = await corral(args, ALLOW);
      assertEquals(again.code, 1);
      assertEquals(valuesIn(await Deno.readTextFile(`${folder}/out`)), EXPECTED);
    });
  });
}

Deno.test("corral map --resume-failed runs a held failure again, in its place", async () => {
  await inRun([], async (run) => {
    const { folder, gate, args } = run;
    await interrupt(run, 5);
    gate.openForGood();
    const text = (await Deno.readTextFile(`${folder}/job.ts`)).replace("throw new", "void new");
    await Deno.writeTextFile(`${folder}/job.ts`, text);
    const changed = args.map((arg) => arg === "--resume" ? "--resume-failed" : arg);
    const last = await corral([...changed, "--force"], ALLOW);
    assertEquals(last.code, 0, last.stderr);
    assertEquals((await readLines(`${folder}/out`)).map((line) => JSON.parse(line).n), [
      "holdä",
      "bä",
      "failä",
      ...EXPECTED.slice(2),
    ]);
  });
});

Deno.test("corral map writes what is finished behind a gap when --halt says that it is enough, or order is not wanted", async () => {
  for (const flags of [["--halt=now,success=4"], ["--unordered", "--halt=now,fail=1"]]) {
    await inRun(flags, async ({ folder, gate, args }) => {
      const child = corralCommand(args, ALLOW).spawn();
      await child.stdin.close();
      const output = child.output();
      await gate.arrived(1);
      const { stderr } = await output;
      gate.open();
      assert(!new TextDecoder().decode(stderr).includes("wait in the joblog"));
      assertStringIncludes(await Deno.readTextFile(`${folder}/out`), '{"n":"bä"}\n');
    });
  }
});

Deno.test("corral map --resume keeps the order, and writes each result once, after kill -9 of a run and of the one that goes on with what was held", async () => {
  await inRun([], async (run) => {
    const { folder, gate, args } = run;
    await interrupt(run, 5);
    const child = corralCommand(args, ALLOW).spawn();
    await child.stdin.close();
    const output = child.output();
    await gate.arrived(2);
    child.kill("SIGKILL");
    await output;
    gate.openForGood();
    const isFree = async () => (await corral(args, ALLOW)).code === 1;
    assert(await until(isFree, 60_000));
    assertEquals((await readLines(`${folder}/out`)).map((line) => JSON.parse(line).n), EXPECTED);
    assertEquals((await callsOf(folder)).filter((n) => n > 1 && n < 7), [2, 3, 4, 5, 6]);
  });
});
