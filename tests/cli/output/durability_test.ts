// End-to-end: what a run writes is nobody else's, is not lost unasked, and is whole after any number of kills.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { RunProgress } from "../../../cli/observers/progress/run_progress.ts";
import type { RunEvent } from "../../../cli/records/run_events.ts";
import { corral, corralCommand, inFolder, ndjson } from "../../helpers/programs/corral.ts";
import { corralInTurn, mapByOne } from "../../helpers/programs/in_turn.ts";
import { until } from "../../helpers/programs/processes.ts";
import { STARTED_AT, startEvent } from "../../helpers/programs/run_events.ts";

const IDENTITY = "(n) => n";
/** Never ends by itself. */
const WAIT = "() => new Promise(() => setInterval(() => {}, 1000))";

const read = (path: string) => Deno.readTextFile(path);

Deno.test("corral map lets a second run write none of what the first one writes, and says who that is", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in`, "1\n2\n");
    const files = ["-o", `${folder}/out`, "--joblog", `${folder}/log`, "--rejects", `${folder}/bad`];
    const map = ["map", "-j", "1", "-e"];
    const first = corralCommand([...map, WAIT, `${folder}/in`, "-q", ...files], { allow: ["--allow-run"] }).spawn();
    await first.stdin.close();
    const output = first.output();
    try {
      assert(await until(async () => (await read(`${folder}/log`).catch(() => "")).includes("\n"), 20_000));
      const [second, ...others] = await corralInTurn([
        [...map, WAIT, `${folder}/in`, ...files, "--resume"],
        [...map, IDENTITY, `${folder}/in`, "-o", `${folder}/out`, "--force"],
        [...map, IDENTITY, `${folder}/in`, "--rejects", `${folder}/bad`, "--force"],
      ]);
      assertEquals(second!.code, 255);
      assertMatch(
        second!.stderr,
        /^corral: Cannot write \S+log: process \d+, since 20\S+Z, is writing it, wait for its end/,
      );
      assertStringIncludes(second!.stderr, `process ${first.pid},`);
      for (const [at, name] of ["out", "bad"].entries()) {
        assertEquals(others[at]!.code, 255);
        assertStringIncludes(others[at]!.stderr, `${name}: another run of corral is writing it`);
      }
    } finally {
      first.kill("SIGKILL");
      await output;
    }
    const later = await mapByOne(["-e", WAIT, `${folder}/in`, ...files, "--resume", "--timeout", "10ms", "-q"]);
    assertEquals(later.code, 2, later.stderr);
  });
});

Deno.test("corral map overwrites nothing unasked, and leaves all as it was when it refuses", async () => {
  await inFolder(async (folder) => {
    const [out, log, bad] = [`${folder}/out`, `${folder}/log`, `${folder}/bad`];
    await Deno.writeTextFile(`${folder}/in`, "1\nx\n");
    const from = (input: string, ...args: string[]) => ["-e", IDENTITY, "-q", input, ...args];
    const begin = (...args: string[]) => from(`${folder}/in`, ...args);
    const all = ["-o", out, "--joblog", log, "--rejects", bad];
    assertEquals((await mapByOne(begin(...all))).code, 1);
    const before = await Promise.all([out, log, bad].map(read));
    const other = ["--joblog", `${folder}/log2`];
    const refusals: [args: string[], message: string][] = [
      [
        begin(...all),
        `Cannot begin ${log}: it is not empty, wanted --resume to go on with it, or --force to begin it again`,
      ],
      [begin("-o", out), `Cannot begin ${out}: it is not empty, wanted --force to begin it again, or another name`],
      [begin("--rejects", bad), `Cannot begin ${bad}: it is not empty`],
      [begin("-o", out, ...other, "--resume"), `wanted the joblog that belongs to it (${folder}/log2 is empty)`],
      [begin(...all, "--events", log, "--resume"), `it is wanted for --joblog and for --events, wanted two files`],
      [
        from(`${folder}/../${folder.split("/").at(-1)}/out`, "-o", out),
        `Cannot write ${out}: it is also an input`,
      ],
      [from(bad, "--rejects", bad), `Cannot write ${bad}: it is also an input, wanted another --rejects`],
    ];
    const outcomes = await corralInTurn(refusals.map(([args]) => ["map", ...args]));
    for (const [at, { code, stderr }] of outcomes.entries()) {
      assertEquals(code, 255, stderr);
      assertStringIncludes(stderr, refusals[at]![1]);
    }
    assertEquals(await Promise.all([out, log, bad].map(read)), before);
    assertEquals((await mapByOne(begin(...all, "--force"))).code, 1);
    assertEquals(await read(out), "1\n");
    // Nothing is lost of an empty file, of a device or of a pipe.
    await Deno.writeTextFile(`${folder}/empty`, "");
    assertEquals((await mapByOne(begin("-o", `${folder}/empty`, "--joblog", "/dev/null"))).code, 1);
  });
});

Deno.test("corral map names the file that cannot be written, when the disk is full", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in`, "1\nx\n");
    const flags = ["-o", "--joblog", "--rejects", "--events"];
    const outcomes = await corralInTurn(
      flags.map((flag) => ["map", "-j", "1", "-e", IDENTITY, `${folder}/in`, flag, "/dev/full", "-q"]),
      { allow: ["-A"] },
    );
    for (const { code, stderr } of outcomes) {
      assertEquals(code, 255, stderr);
      assertStringIncludes(stderr, "corral: Cannot write /dev/full: No space left on device");
    }
  });
});

Deno.test("corral map counts what failed in earlier runs, and says so", async () => {
  await inFolder(async (folder) => {
    const run = (...flags: string[]) =>
      mapByOne(["-e", "(n) => { if (n === 5) throw new Error('five'); return n; }", ...flags], {
        stdin: ndjson([1, 2, 3, 4, 5, 6]),
      });
    const args = ["-o", `${folder}/out`, "--joblog", `${folder}/log`, "--events", `${folder}/events`, "--resume"];
    const first = await run(...args);
    assertEquals(first.code, 1);
    const second = await run(...args);
    assertEquals(second.code, 1);
    assertMatch(
      second.stderr,
      /^corral: 0 records, 0 failed, .*; 6 done in earlier runs, 1 of them failed: see --resume-failed\n$/,
    );
    const events = (await read(`${folder}/events`)).trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(events.at(-1).earlier, { records: 6, failed: 1 });
    assertEquals(events.filter(({ type }) => type === "skip").map(({ records, failed }) => [records, failed]), [[
      6,
      1,
    ]]);
  });
});

Deno.test("RunProgress leaves out of the rate what earlier runs did", () => {
  const at = (ms: number) => STARTED_AT + ms;
  const events: RunEvent[] = [
    startEvent(),
    { type: "input", at: at(10), records: 1000, bytes: 1, ended: true },
    { type: "skip", at: at(2000), records: 400, failed: 3 },
    { type: "count", at: at(3000), done: 10, failed: 0 },
    { type: "skip", at: at(3500), records: 100, failed: 0 },
    { type: "count", at: at(4000), done: 10, failed: 0 },
  ];
  const progress = new RunProgress();
  for (const event of events) progress.take(event);
  const counter = progress.counter!;
  assertEquals([counter.done, counter.initial], [520, 500]);
  assertEquals(counter.rateAt(at(4000)), 10);
  assertEquals(counter.timeLeftAt(at(4000), progress.total!.records), 48_000);
});

/** Numbers that look random, and are the same each time. */
function* randomNumbers(seed: number): Generator<number, never> {
  for (;;) {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    yield seed / 2 ** 31;
  }
}

Deno.test("corral map --resume ends with every record once in FILE after four kills -9", async () => {
  await inFolder(async (folder) => {
    const numbers = Array.from({ length: 450 }, (_, n) => n);
    await Deno.writeTextFile(`${folder}/in.csv`, `n\n${numbers.join("\n")}\n`);
    // The last record waits for a file: no run ends before there is one.
    const slow = `({ n }) => {
      const stand = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.5);
      for (stand(); n === "449"; stand()) {
        try { Deno.statSync(${JSON.stringify(`${folder}/go`)}); break; } catch { /* Not yet. */ }
      }
      return n + 'x'.repeat(n % 40);
    }`;
    const args = [
      "map",
      "-j",
      "2",
      "-e",
      slow,
      `--allow-read=${folder}`,
      `${folder}/in.csv`,
      "--out",
      "lines",
      "-o",
      `${folder}/out`,
      "--joblog",
      `${folder}/log`,
    ];
    const logged = async () => (await Deno.stat(`${folder}/log`).catch(() => ({ size: 0 }))).size;
    /** Whether all but the last record are logged, behind the header. */
    const isThrough = async () => (await read(`${folder}/log`).catch(() => "")).split("\n").length > 450;
    const random = randomNumbers(20_261_129);
    for (let run = 0; run < 4; run++) {
      const child = corralCommand([...args, "--resume", "-q"], { allow: ["--allow-run"] }).spawn();
      await child.stdin.close();
      const output = child.output();
      const goal = await logged() + 1 + random.next().value * 21_000;
      assert(
        await until(async () => await logged() >= goal || await isThrough(), 60_000),
        `run ${run} does not go on`,
      );
      child.kill("SIGKILL");
      const { signal, stderr } = await output;
      assertEquals([signal, new TextDecoder().decode(stderr)], ["SIGKILL", ""]);
    }
    await Deno.writeTextFile(`${folder}/go`, "");
    const last = await corral([...args, "--resume", "-q"], { allow: ["--allow-run"] });
    assertEquals([last.code, last.stderr], [0, ""]);
    assertEquals(await read(`${folder}/out`), numbers.map((n) => `${n}${"x".repeat(n % 40)}\n`).join(""));
  });
});
