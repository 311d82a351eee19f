// End-to-end: records of `corral map` that fail, and what becomes of the others.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { corral, corralArgs, corralCommand, inFolder, ndjson } from "../../helpers/programs/corral.ts";
import { mapByOne, mapInTurn } from "../../helpers/programs/in_turn.ts";

const JOB = new URL("../../fixtures/programs/map_records.ts", import.meta.url).pathname;
const TEN = ndjson([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

/** One line of a file of rejects. */
interface Reject {
  sequence: number;
  line: number;
  input: string;
  outcome: string;
  attempt: number;
  error: { name: string; message: string; stack?: string };
  record?: string;
  recordBase64?: string;
  truncated?: boolean;
}

async function rejects(path: string): Promise<Reject[]> {
  return (await Deno.readTextFile(path)).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

Deno.test("corral map tells what an error has gathered, and describes what fails at a record that is deeper than calls can be", async () => {
  const text =
    "(n) => Promise.any(Array.from({ length: n }, (_, at) => at === 1 ? Promise.reject(5) : Promise.reject(new RangeError(`no ${at}`))))";
  const nested = "[".repeat(100_000) + "]".repeat(100_000);
  const [gathered, deep] = await mapInTurn([
    ["2\n12\n", ["-q", "-e", text]],
    [`${nested}\n1\n`, ["-e", "(record) => { if (record !== 1) null.field; return record; }"]],
  ]);
  assertStringIncludes(
    gathered!.stderr,
    "AggregateError: All promises were rejected\nOne of them: RangeError: no 0\nOne of them: 5\n    input: 2\n",
  );
  assertStringIncludes(gathered!.stderr, "One of them: RangeError: no 9\nand 2 more\n    input: 12\n");
  assertEquals([deep!.code, deep!.results], [1, [1]]);
  assertStringIncludes(deep!.stderr, "record 1 (line 1 of in1) failed: TypeError: Cannot read properties of null");
});

Deno.test("corral map describes a failed record with its line, beginning, error and place in TypeScript", async () => {
  await inFolder(async (folder) => {
    const { code, results, stderr } = await mapByOne([`${JOB}#failOdd`, "--rejects", `${folder}/r`], {
      stdin: "\n2\n3\n",
    });
    assertEquals([code, results], [1, [2]]);
    assertStringIncludes(stderr, "2 records, 1 failed, 1 result in ");
    const [reject] = await rejects(`${folder}/r`);
    assertEquals({ ...reject, error: { ...reject!.error, stack: undefined } }, {
      sequence: 2,
      input: "-",
      line: 3,
      outcome: "error",
      attempt: 1,
      error: { name: "RangeError", message: "odd: 3", stack: undefined },
      record: "3",
    });
    const lines = (await Deno.readTextFile(JOB)).split("\n");
    const at = lines.findIndex((line) => line.includes("new RangeError"));
    assertEquals(reject!.error.stack, `    at failOdd (file://${JOB}:${at + 1}:${lines[at]!.indexOf("new") + 1})`);
  });
});

Deno.test("corral map rejects bad lines with their numbers, and never joins or loses others", async () => {
  await inFolder(async (folder) => {
    const encoder = new TextEncoder();
    const long = `"${"x".repeat(3 * 1024 * 1024)}"`;
    const parts = ["1\n", "nope\n", "2\n", '{"bad": "\u00e9', "\n3\n", long, "\n4\n", long, "\n5\n", '{"cut": '];
    const bytes = encoder.encode(parts.join(""));
    // The two bytes of "é" become one that is not UTF-8.
    const at = bytes.indexOf(0xC3);
    bytes[at] = 0xFF;
    bytes[at + 1] = 0x22;
    const args = [JOB, "--rejects", `${folder}/r`, "--max-record", "1M"];
    const { code, results } = await mapByOne(args, { stdin: bytes });
    assertEquals([code, results], [5, [1, 2, 3, 4, 5]]);
    const told = await rejects(`${folder}/r`);
    assertEquals(told.map(({ sequence, line, outcome }) => [sequence, line, outcome]), [
      [2, 2, "invalid"],
      [4, 4, "invalid"],
      [6, 6, "invalid"],
      [8, 8, "invalid"],
      [10, 10, "invalid"],
    ]);
    assertStringIncludes(told[1]!.error.message, "not UTF-8");
    assertStringIncludes(told[2]!.error.message, "the record is longer than 1048576 bytes");
    assertEquals([told[2]!.truncated, long.startsWith(told[2]!.record!)], [true, true]);
    assertEquals([told[0]!.record, told[1]!.record, told[4]!.record], ["nope", undefined, '{"cut": ']);
    assertEquals([...Uint8Array.fromBase64(told[1]!.recordBase64!)], [...encoder.encode('{"bad": "'), 0xFF, 0x22]);
  });
});

Deno.test("corral map exits with the number of failed records, and with 101 when they are more than a hundred", async () => {
  const [some, many] = await mapInTurn(
    [100, 102].map((count) => [ndjson(Array(count).fill(1)), [`${JOB}#failOdd`, "-q"]] as const),
  );
  assertEquals(some!.code, 100);
  assertEquals([many!.code, many!.stderr.match(/ failed: /g)?.length], [101, 102]);
});

Deno.test("corral map charges the records that took their workers along, and no others", async () => {
  const text = `async (n) => {
    if (n === 3) Deno.exit(7);
    if (n === 5) {
      setTimeout(() => { throw new Error("later"); });
      await new Promise(() => {});
    }
    if (n === 7) Deno.kill(Deno.pid, "SIGKILL");
    return n;
  }`;
  const args = ["-e", text, "--chunk", "10", "--allow-run"];
  const { code, results, stderr } = await mapByOne(args, { stdin: TEN });
  assertEquals([code, results], [3, [1, 2, 4, 6, 8, 9, 10]], stderr);
  for (const [n, ending] of [[3, "exited with code 7"], [5, "exited with code 1"], [7, "was ended by SIGKILL"]]) {
    assertMatch(
      stderr,
      new RegExp(`^corral: record ${n} \\(line ${n} of stdin\\) failed: WorkerExitError: .*${ending}`, "m"),
    );
  }
});

Deno.test("corral map loses no result when what a function left behind ends its worker right after the last record of a block", async () => {
  const text = "(n) => { if (n === 2) queueMicrotask(() => { throw new Error('late'); }); return n; }";
  const flags = [["--chunk", "1"], ["--chunk", "2", "--retries", "1"], ["--chunk", "5", "--events", "/dev/null"]];
  const runs = flags.map((some) => [ndjson([1, 2, 3, 4, 5]), ["-e", text, ...some]] as const);
  for (const { code, results, stderr } of await mapInTurn(runs)) {
    assertEquals([code, results], [0, [1, 2, 3, 4, 5]], stderr);
    assertStringIncludes(stderr, "corral: 5 records, 0 failed, 5 results in ");
  }
});

Deno.test("corral map loses no result of a record when a module handles an error that would have ended its worker", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/job.ts`,
      `addEventListener("unhandledrejection", (event) => event.preventDefault());
      export default async function* (n: number) {
        yield [n, 1];
        Promise.reject(new Error("nobody waits for it"));
        await new Promise((resolve) => setTimeout(resolve));
        yield [n, 2];
      }`,
    );
    await Deno.writeTextFile(
      `${folder}/bytes.ts`,
      `import job from "./job.ts";
      export default async function* (n: number) {
        for await (const one of job(n)) yield new TextEncoder().encode(JSON.stringify(one) + "\\n");
      }`,
    );
    const [values, bytes] = await mapInTurn([
      [ndjson([1, 2]), [`${folder}/job.ts`]],
      [ndjson([1, 2]), [`${folder}/bytes.ts`, "--out", "raw"]],
    ]);
    assertEquals([values!.code, values!.results], [0, [[1, 1], [1, 2], [2, 1], [2, 2]]]);
    assertEquals(bytes!.results, values!.results);
  });
});

Deno.test("corral map ends quietly when nobody reads its results any more", async () => {
  const child = corralCommand(["map", JOB], { allow: ["--allow-run"] }).spawn();
  const stderr = new Response(child.stderr).text();
  const writer = child.stdin.getWriter();
  const writing = (async () => {
    const block = new TextEncoder().encode('{"n":1}\n'.repeat(10_000));
    for (;;) await writer.write(block);
  })().catch(() => {});
  const reader = child.stdout.getReader();
  assert((await reader.read()).value!.length > 0);
  await reader.cancel();
  const { code } = await child.status;
  await writing;
  assertEquals([code, await stderr], [0, ""]);
});

Deno.test("corral map reads no more than it can hold when nobody takes its results", async () => {
  const child = corralCommand(["map", "-j", "1", JOB, "-q"], { allow: ["--allow-run"] }).spawn();
  const writer = child.stdin.getWriter();
  const block = new TextEncoder().encode(`"${"x".repeat(1000)}"\n`.repeat(1000));
  let blocks = 0;
  const isStuck = async () => {
    const timer = Promise.withResolvers<boolean>();
    const id = setTimeout(() => timer.resolve(true), 2000);
    const stuck = await Promise.race([timer.promise, pending.then(() => false)]);
    clearTimeout(id);
    return stuck;
  };
  let pending = writer.write(block);
  while (blocks < 200 && !await isStuck()) {
    blocks++;
    pending = writer.write(block);
  }
  assert(blocks < 150, `it read ${blocks} MB`);
  const output = child.output();
  await pending;
  await writer.close();
  const { code, stdout } = await output;
  assertEquals([code, stdout.length], [0, (blocks + 1) * block.length]);
});

const breaking = (code: string): string => `(n) => { if (n === 7) { ${code}; } return n; }`;

Deno.test("corral map does all records when a function breaks what only its own code uses", async () => {
  const numbers = Array.from({ length: 200 }, (_, at) => at + 1);
  const run = await mapByOne(["-e", breaking("Array.prototype.map = null")], {
    stdin: ndjson(numbers),
  });
  assertEquals([run.code, run.results], [0, numbers]);
});

Deno.test("corral map charges a record that breaks JavaScript itself, and goes on with the others", async () => {
  const numbers = Array.from({ length: 200 }, (_, at) => at + 1);
  const args = ["map", "-e", breaking("Promise.prototype.then = null"), "-j", "2"];
  const { code, results, stderr } = await corral(args, { stdin: ndjson(numbers), allow: ["--allow-run"] });
  // Where a block ends before it shows, its last record is charged, and the function breaks the next worker as well: how often, the timing decides.
  const failed = numbers.filter((n) => !results.includes(n));
  assert(failed.length >= 1 && failed.length <= 12, stderr);
  assertEquals([code, results], [failed.length, numbers.filter((n) => !failed.includes(n))]);
  assertMatch(stderr, /failed: WorkerExitError: the (function broke its worker|worker exited with code 70)/);
});

Deno.test("corral map charges each record, and ends, when the module has broken JavaScript itself before the first one is announced", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/job.ts`,
      `for (const name of ["map", "push", "slice"]) Array.prototype[name] = () => { throw new Error("replaced"); };
      JSON.stringify = Array.prototype.map;
      export default (n) => n;`,
    );
    const args = ["map", `${folder}/job.ts`, "--chunk", "5"];
    const { code, results, stderr } = await corral(args, { stdin: ndjson([1, 2, 3, 4, 5]), allow: ["--allow-run"] });
    assertEquals([code, results], [5, []], stderr);
    assertStringIncludes(
      stderr,
      "record 5 (line 5 of stdin) failed: WorkerExitError: the worker exited with code 70, as it does where",
    );
  }));

Deno.test("corral map exits with its own code when what it says on stderr cannot be written", async () => {
  const map = ["map", "-j", "1", "-e", "() => { throw new Error('no'); }"];
  const [deno, ...rest] = [Deno.execPath(), ...corralArgs(map, ["--allow-run"])];
  const run = async (args: readonly string[], stderr: string) => {
    const line = `printf '1\\n2\\n3\\n' | "$@" 2> ${stderr}`;
    return (await new Deno.Command("sh", { args: ["-c", line, "sh", deno!, ...args], stdout: "null" }).output()).code;
  };
  assertEquals(await run(rest, "/dev/full"), 3);
  assertEquals(await run([...rest, "--rejects", "/dev/null"], "/dev/full"), 3);
  assertEquals(await run([...rest, "--no-such-flag"], "/dev/full"), 255);
});
