// End-to-end: what `corral map` calls, and what becomes of what it returns.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Gate } from "../../helpers/pools/gate.ts";
import { corral, corralCommand, inFolder, ndjson } from "../../helpers/programs/corral.ts";
import { corralInTurn, mapByOne, mapInTurn } from "../../helpers/programs/in_turn.ts";

const JOB = new URL("../../fixtures/programs/map_records.ts", import.meta.url).pathname;

/** Numbers from 1. */
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

Deno.test("corral map drops undefined, writes each value of a generator, and keeps the order of thousands of records", async () => {
  const input = upTo(5_000);
  const even = await corral(["map", `${JOB}#evenOnly`], { stdin: ndjson(input), allow: ["--allow-run"] });
  assertEquals(even.results, input.filter((n) => n % 2 === 0));
  const twice = await corral(["map", `${JOB}#twice`, "--chunk", "7", "-j", "3"], {
    stdin: ndjson(upTo(500)),
    allow: ["--allow-run"],
  });
  assertEquals(twice.results, upTo(500).flatMap((n) => [n, n * 10]));
});

Deno.test("corral map keeps the order of the records whatever ends first, and with --unordered does not wait", async () => {
  const stdin = ndjson([1500, 1, 2, 3]);
  const ordered = await corral(["map", `${JOB}#laterFirst`, "-j", "2", "--chunk", "1"], {
    stdin,
    allow: ["--allow-run"],
  });
  assertEquals(ordered.results, [1500, 1, 2, 3]);
  // The first record waits until the results of all others have been read.
  using gate = new Gate();
  const flags = ["-j", "2", "--chunk", "1", "--unordered", "--allow-net=127.0.0.1"];
  const child = corralCommand(["map", `${JOB}#holdFirst`, ...flags], {
    allow: ["--allow-run", "--allow-net=127.0.0.1"],
  }).spawn();
  const stderr = new Response(child.stderr).text();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(ndjson([gate.port, 1, 2, 3])));
  await writer.close();
  let results = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    results += part;
    if (results === "1\n2\n3\n") {
      await gate.arrived();
      gate.open();
    }
  }
  assertEquals([await stderr.then((text) => text.split(" in ")[0]), results], [
    "corral: 4 records, 0 failed, 4 results",
    `1\n2\n3\n${gate.port}\n`,
  ]);
  assertEquals((await child.status).code, 0);
});

const CALLS: { what: string; input: string; args: string[]; expected: [code: number, stdout: string]; told: string }[] =
  [
    {
      what: "tells a function the record's index and attempt",
      input: "5\n\n6\n",
      args: [`${JOB}#places`],
      expected: [0, '{"record":5,"index":0,"attempt":1}\n{"record":6,"index":1,"attempt":1}\n'],
      told: "",
    },
    {
      what: "takes a function from the command line, with types, and shows its errors as -e",
      input: ndjson([{ n: 1 }, { n: 2 }]),
      args: ["-e", "async (record: { n: number }) => { if (record.n > 1) throw new Error('big'); return record.n; }"],
      expected: [1, "1\n"],
      told: 'Error: big\n    at default (-e:1:60)\n    input: {"n":2}',
    },
    {
      what: "gives no result of a record whose generator failed",
      input: "2\n3\n4\n",
      args: [`${JOB}#failAfterYield`],
      expected: [1, "2\n4\n"],
      told: "RangeError: odd: 3",
    },
    {
      what: "fails a result that is not JSON, and only that one",
      input: "0\n1\n2\n3\n",
      args: ["-e", "(n) => [2n ** 64n, () => {}, [5n], Symbol()][n]"],
      expected: [2, "18446744073709551616\n[5]\n"],
      told: "Cannot write the result: a function is not JSON",
    },
    {
      what: "says of an object that it is its toJSON() which gives no JSON",
      input: "0\n1\n",
      args: ["-e", "(n) => [5, { toJSON() {} }][n]"],
      expected: [1, "5\n"],
      told: "Cannot write the result: what its toJSON() returns is not JSON",
    },
  ];

Deno.test("corral map calls a function with a record and its place, and writes what JSON holds of what it returns, or what is wrong", async () => {
  const outcomes = await mapInTurn(CALLS.map(({ input, args }) => [input, args]));
  for (const [at, { what, expected, told }] of CALLS.entries()) {
    const { code, stdout, stderr } = outcomes[at]!;
    assertEquals([what, code, stdout], [what, ...expected], stderr);
    assertStringIncludes(stderr, told, what);
  }
});

Deno.test("corral map keeps what tasks print away from the results", async () => {
  const { stdout, stderr } = await mapByOne([`${JOB}#print`, "-q"], { stdin: "1\n2\n" });
  assertEquals([stdout, stderr], ["1\n2\n", "printed 1\nprinted 2\n"]);
});

Deno.test("corral map says what is wrong with a module that cannot be run", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in`, "1\n");
    const [missing, unnamed, broken] = await corralInTurn([
      ["map", "./nowhere.ts"],
      ["map", "-j", "1", `${JOB}#nothing`, "in"],
      ["map", "-j", "1", "-e", "(record => ", "in"],
    ], { cwd: folder });
    assertEquals([missing!.code, missing!.stdout], [255, ""]);
    assertEquals(missing!.stderr, 'corral: Cannot load "./nowhere.ts": there is no such file\n');
    assertEquals(unnamed!.code, 255);
    assertStringIncludes(unnamed!.stderr, 'Cannot run "nothing": the module has no such export, wanted one of "bytes"');
    assertEquals([broken!.code, broken!.stdout], [255, ""]);
    assertStringIncludes(broken!.stderr, "Expression expected");
    assertStringIncludes(broken!.stderr, "at -e:1:");
  });
});

Deno.test("corral map --batch cuts up no list where workers are replaced after so many records", async () => {
  const records = Array.from({ length: 200 }, (_, n) => n);
  const args = ["-e", "(list) => list.length", "--batch", "10", "--max-tasks", "64"];
  for (
    const { stderr, results } of await mapInTurn([[ndjson(records), args], [JSON.stringify(records), [
      ...args,
      "--in",
      "json",
    ]]])
  ) {
    assertEquals(results, Array(20).fill(10), stderr);
  }
});

Deno.test("corral map loads a module whatever is in its name", async () => {
  await inFolder(async (folder) => {
    const name = Deno.build.os === "windows" ? " #1 %41.ts" : " a\n\\b\t#1 %41?.ts";
    await Deno.writeTextFile(`${folder}/${name}`, "export default (n: number) => n + 1;\n");
    await Deno.writeTextFile(`${folder}/in`, "1\n");
    const names = [name, `${folder}/${name}`, `${name}#default`];
    const outcomes = await corralInTurn(names.map((one) => ["map", "-q", "-j1", one, "in"]), {
      cwd: folder,
    });
    assertEquals(outcomes.map(({ code, stdout, stderr }) => [code, stdout, stderr]), names.map(() => [0, "2\n", ""]));
  });
});
