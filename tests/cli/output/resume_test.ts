// End-to-end: the joblog of `corral map`, and going on after any end.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { corral, corralCommand, type CorralOutcome, inFolder, ndjson } from "../../helpers/programs/corral.ts";
import { corralInTurn, mapByOne } from "../../helpers/programs/in_turn.ts";
import { until } from "../../helpers/programs/processes.ts";

const JOB = new URL("../../fixtures/programs/map_records.ts", import.meta.url).pathname;
const HUNDREDS = Array.from({ length: 600 }, (_, n) => n);

/** Stands still for some milliseconds, and returns the record. The last one waits for a file: no run ends before there is one. */
const slow = (go: string): string =>
  `(n: number) => {
  const stand = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
  for (stand(); n === ${HUNDREDS.length - 1}; stand()) {
    try { Deno.statSync(${JSON.stringify(go)}); break; } catch { /* Not yet. */ }
  }
  return n;
}`;

async function linesOf(path: string): Promise<unknown[]> {
  return (await Deno.readTextFile(path)).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

Deno.test("corral map logs each record with its hash, worker, attempt, time and outcome", async () => {
  await inFolder(async (folder) => {
    const { code } = await mapByOne([`${JOB}#failOdd`, "--joblog", `${folder}/log`], { stdin: "2\n\n3\n" });
    assertEquals(code, 1);
    const [header, first, second] = await linesOf(`${folder}/log`) as Record<string, unknown>[];
    assertEquals([header!.type, header!.export, header!.in], ["joblog", "failOdd", "ndjson"]);
    assertEquals(
      [first!.sequence, first!.line, first!.outcome, first!.attempt, first!.results, first!.outputEnd],
      [1, 1, "ok", 1, 1, 2],
    );
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("2"));
    assertEquals(first!.hash, new Uint8Array(digest).toHex());
    assert(
      typeof first!.startedAt === "number" && typeof first!.durationMs === "number" && typeof first!.slot === "number",
    );
    assertEquals([second!.sequence, second!.line, second!.outcome, second!.error], [
      2,
      3,
      "error",
      "RangeError: odd: 3",
    ]);
  });
});

for (const flags of [[], ["--unordered", "--out", "json"]]) {
  Deno.test(`corral map --resume ends with every record once after kill -9 at any moment ${flags.join(" ")}`, async () => {
    await inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/in`, ndjson(HUNDREDS));
      const args = [
        "map",
        "-e",
        slow(`${folder}/go`),
        `--allow-read=${folder}`,
        `${folder}/in`,
        "-o",
        `${folder}/out`,
        "--joblog",
        `${folder}/log`,
        "--resume",
        "-q",
      ];
      const logged = async () => (await Deno.readTextFile(`${folder}/log`).catch(() => "")).split("\n").length;
      for (let goal = 60; goal < 600; goal += 270) {
        const child = corralCommand([...args, ...flags], { allow: ["--allow-run"] }).spawn();
        await child.stdin.close();
        const output = child.output();
        assert(await until(async () => await logged() >= goal, 60_000), `not ${goal} lines`);
        child.kill("SIGKILL");
        assertEquals((await output).signal, "SIGKILL");
      }
      await Deno.writeTextFile(`${folder}/go`, "");
      // What was being written when the last one died, and longer than what is still to be written: that would hide what is not cut off.
      const half = "x".repeat(100_000);
      await Deno.writeTextFile(`${folder}/out`, `{"half${half}`, { append: true });
      await Deno.writeTextFile(`${folder}/log`, `{"sequence":7,"ha${half}`, { append: true });
      const last = await corral([...args, ...flags], { allow: ["--allow-run"] });
      assertEquals([last.code, last.stderr], [0, ""]);
      const text = await Deno.readTextFile(`${folder}/out`);
      const results: number[] = flags.includes("json") ? JSON.parse(text) : await linesOf(`${folder}/out`) as number[];
      assertEquals(flags.includes("--unordered") ? results.toSorted((a, b) => a - b) : results, HUNDREDS);
    });
  });
}

Deno.test("corral map --resume skips failed records, --resume-failed runs them again", async () => {
  await inFolder(async (folder) => {
    const stdin = ndjson([1, 2, 3, 4]);
    const args = [`${folder}/job.ts`, "-o", `${folder}/out`, "--joblog", `${folder}/log`, "--allow-read"];
    await Deno.writeTextFile(
      `${folder}/job.ts`,
      `export default (n: number) => {
        if (n % 2 === 1 && Deno.readTextFileSync(${
        JSON.stringify(`${folder}/mode`)
      }) === "fail") throw new Error("mode");
        return n;
      };`,
    );
    await Deno.writeTextFile(`${folder}/mode`, "fail");
    assertEquals((await mapByOne(args, { stdin })).code, 2);
    await Deno.writeTextFile(`${folder}/mode`, "work");
    const resumed = await mapByOne([...args, "--resume"], { stdin });
    assertEquals(resumed.code, 2);
    assertStringIncludes(resumed.stderr, "; 4 done in earlier runs, 2 of them failed: see --resume-failed\n");
    assertEquals(await linesOf(`${folder}/out`), [2, 4]);
    assertEquals((await mapByOne([...args, "--resume-failed"], { stdin })).code, 0);
    assertEquals(await linesOf(`${folder}/out`), [2, 4, 1, 3]);
    assertEquals((await mapByOne([...args, "--resume-failed"], { stdin })).code, 0);
    assertEquals(await linesOf(`${folder}/out`), [2, 4, 1, 3]);
  });
});

Deno.test("corral map leaves an array of JSON whole when it cannot go on with it, and goes on with it later", async () => {
  await inFolder(async (folder) => {
    const out = `${folder}/out.json`;
    const args = ["-e", "(n) => n", "-o", out, "--joblog", `${folder}/log`, "--resume"];
    assertEquals((await mapByOne(args, { stdin: "1\n2\n" })).code, 0);
    const whole = await Deno.readTextFile(out);
    const refusals: [stdin: string, message: string, ...flags: string[]][] = [
      ["1\n20\n", "Cannot resume: record 2 (line 2) is not the one in the joblog"],
      ["1\n2\n", "Cannot grant net access", "--allow-net=http://x"],
    ];
    for (const [stdin, message, ...flags] of refusals) {
      const { code, stderr } = await mapByOne([...args, ...flags], { stdin, allow: ["-A"] });
      assertEquals(code, 255);
      assertStringIncludes(stderr, message);
      assertEquals(await Deno.readTextFile(out), whole);
    }
    assertEquals((await mapByOne(args, { stdin: "1\n2\n3\n" })).code, 0);
    assertEquals(JSON.parse(await Deno.readTextFile(out)), [1, 2, 3]);
  });
});

Deno.test("corral map refuses to resume when the input or the function has changed, unless it is forced to", async () => {
  await inFolder(async (folder) => {
    const map = ["map", "-j", "1", `${folder}/job.ts`];
    const args = [...map, "in", "-o", `${folder}/out`, "--joblog", `${folder}/log`];
    await Deno.writeTextFile(
      `${folder}/job.ts`,
      'import { add } from "./add.ts";\nexport default (n: number) => add(n);\n',
    );
    /** Runs commands, each with its input. */
    const inTurn = async (runs: [input: string, ...args: string[]][]): Promise<CorralOutcome[]> => {
      const folders = runs.map(() => Deno.makeTempDirSync({ dir: folder }));
      for (const [at, [input]] of runs.entries()) await Deno.writeTextFile(`${folders[at]}/in`, input);
      return await corralInTurn(runs.map(([, ...args]) => args), { folders });
    };
    const checkRefused = ({ code, stderr }: CorralOutcome, message: string): void => {
      assertEquals(code, 255);
      assertStringIncludes(stderr, message);
    };
    await Deno.writeTextFile(`${folder}/add.ts`, "export const add = (n: number) => n + 1;\n");
    const [begun, changed, short] = await inTurn([
      ["1\n2\n", ...args],
      ["1\n20\n3\n", ...args, "--resume"],
      ["1\n", ...args, "--resume"],
    ]);
    assertEquals(begun!.code, 0);
    checkRefused(changed!, "Cannot resume: record 2 (line 2) is not the one in the joblog");
    checkRefused(short!, "Cannot resume: the input ends after 1 records, the joblog has one of number 2");
    assertEquals(await Deno.readTextFile(`${folder}/out`), "2\n3\n");
    await Deno.writeTextFile(`${folder}/add.ts`, "export const add = (n: number) => n + 2;\n");
    const [source, forced, without] = await inTurn([
      ["1\n2\n3\n", ...args, "--resume"],
      ["1\n2\n3\n", ...args, "--resume", "--force"],
      ["1\n", ...map, "in", "--resume"],
    ]);
    checkRefused(source!, "Cannot resume: the source of the function has changed");
    assertEquals([forced!.code, await Deno.readTextFile(`${folder}/out`)], [0, "2\n3\n5\n"]);
    checkRefused(without!, "Cannot resume: there is no joblog, wanted --joblog FILE");
  });
});

Deno.test("corral map --resume-failed hands its function no list that two batches have a part in, also where a record that cannot be read is the last of one", async () => {
  await inFolder(async (folder) => {
    const calm = JSON.stringify(`${folder}/calm`);
    const text = `(list) => { if (list.includes(5)) Deno.statSync(${calm}); return list; }`;
    const flags = ["-o", `${folder}/out`, "--joblog", `${folder}/log`, "--batch", "3", "--chunk", "30", "--allow-read"];
    const options = { stdin: "1\n2\n{x\n4\n5\n6\n7\n8\n" };
    const first = await mapByOne(["-e", text, ...flags], options);
    assertEquals(first.code, 4, first.stderr);
    await Deno.writeTextFile(`${folder}/calm`, "");
    const again = await mapByOne(["-e", text, ...flags, "--resume-failed"], options);
    assertEquals([again.code, await linesOf(`${folder}/out`)], [1, [[1, 2], [7, 8], [4, 5, 6]]], again.stderr);
  });
});
