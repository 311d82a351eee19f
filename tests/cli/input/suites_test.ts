// End-to-end: public test data, beside what others make of it.
import { assertEquals } from "@std/assert";
import naughtyStrings from "big-list-of-naughty-strings/blns.json" with { type: "json" };
import spectrum from "csv-spectrum";
import "vega-datasets";
import { inFolder } from "../../helpers/programs/corral.ts";
import { mapByOne } from "../../helpers/programs/in_turn.ts";
import { type MapInTurn, mapInTurn } from "../../helpers/programs/map_in_turn.ts";

const vega = new URL("../data/", import.meta.resolve("vega-datasets"));

/** A file of csv-spectrum: a table, and what is in it. */
interface SpectrumCase {
  readonly name: string;
  readonly csv: Uint8Array;
  readonly json: Uint8Array;
}

const identity = ["-e", "(r) => r", "-q"];
const text = new TextDecoder();

Deno.test("corral map reads every table of csv-spectrum as its JSON says", async () => {
  const cases = await new Promise<SpectrumCase[]>((resolve, reject) =>
    spectrum((error: Error | null, cases: SpectrumCase[]) => error === null ? resolve(cases) : reject(error))
  );
  // The JSON of this one is not what its table says: another telephone number.
  const read = cases.filter(({ name }) => name !== "location_coordinates");
  const outcomes = await mapInTurn(
    read.map(({ csv }) => ({ args: [...identity, "in.csv"], files: { "in.csv": csv } })),
  );
  for (const [at, { code, results, stderr }] of outcomes.entries()) {
    const { name, json } = read[at]!;
    assertEquals([code, results, stderr], [0, JSON.parse(text.decode(json)), ""], name);
  }
  assertEquals(cases.length >= 12, true);
});

Deno.test("corral map passes the big list of naughty strings on unchanged, in every format that can hold it", async () => {
  const strings: string[] = naughtyStrings;
  const ndjson = strings.map((one) => JSON.stringify(one) + "\n").join("");
  const nul = strings.map((one) => `${one}\0`).join("");
  const lines = strings.filter((one) => !/[\r\n]/.test(one)).map((one) => `${one}\n`).join("");
  const rows = strings.map((one, at) => ({ at: `${at}`, one }));
  const over = (content: string, ...flags: string[]): MapInTurn => ({
    args: [...identity, "in", ...flags],
    files: { in: content },
  });
  const outcomes = await inFolder(async (folder) => {
    const table = `${folder}/table.csv`;
    return await mapInTurn([
      over(ndjson),
      over(JSON.stringify(strings), "--in", "json", "--out", "json"),
      over(nul, "--in", "nul", "--out", "nul"),
      over(lines, "--in", "lines", "--out", "lines"),
      over(rows.map((row) => JSON.stringify(row) + "\n").join(""), "-o", table),
      { args: [...identity, table] },
    ]);
  });
  for (const { code, stderr } of outcomes) assertEquals([code, stderr], [0, ""]);
  const [first, json, second, third, , table] = outcomes;
  assertEquals([first.stdout, second.stdout, third.stdout], [ndjson, nul, lines]);
  assertEquals([JSON.parse(json.stdout), table.results], [strings, rows]);
});

Deno.test("corral map takes for JSON what JSON.parse() does, and nothing else", async () => {
  // The kinds of JSONTestSuite: what must be read, what must not, and what implementations differ in.
  const texts = [
    ...[
      "[]",
      "{}",
      "null",
      "-0",
      "1E+2",
      "0.1",
      '""',
      '"\\u0000"',
      '"\\ud800"',
      '{"a":1,"a":2}',
      "[[[[]]]]",
      '"\u007f"',
      " 1 ",
    ],
    ...[
      "[1,]",
      "[,1]",
      "[1 2]",
      "{a:1}",
      "{'a':1}",
      '{"a" 1}',
      '{"a":}',
      "[",
      "]",
      "01",
      "1.",
      ".5",
      "+1",
      "0x1",
      "NaN",
      "Infinity",
    ],
    ...[
      "tru",
      "True",
      "nul",
      '"',
      '"\\x"',
      '"\\u12"',
      '"\t"',
      "1 2",
      '{"a":1}{',
      "// 1",
      "[1]/**/",
      "1e",
      "-",
      "--1",
      '"a" "b"',
    ],
    "1e400",
    "123456789012345678901234567890",
    "[".repeat(500) + "]".repeat(500),
  ];
  const isJson = (one: string) => {
    try {
      return JSON.parse(one) !== undefined;
    } catch {
      return false;
    }
  };
  const stdin = texts.map((one) => `${one}\n`).join("");
  const { results, code } = await mapByOne(["-e", "(r, { index }) => index", "-q"], { stdin });
  assertEquals(results, texts.flatMap((one, at) => isJson(one) ? [at] : []));
  assertEquals(code, texts.filter((one) => !isJson(one)).length);
});

Deno.test("corral map reads the tables and lists of vega-datasets whole", async () => {
  const names = ["seattle-weather.csv", "stocks.csv", "unemployment.tsv", "cars.json", "movies.json"];
  const outcomes = await mapInTurn(names.map((name) => ({ args: [...identity, new URL(name, vega).pathname] })));
  for (const [at, { code, results, stderr }] of outcomes.entries()) {
    const name = names[at]!;
    const content = await Deno.readTextFile(new URL(name, vega));
    const separator = name.endsWith("tsv") ? "\t" : ",";
    assertEquals([code, stderr], [0, ""], name);
    if (name.endsWith("json")) assertEquals(results, JSON.parse(content), name);
    else {
      assertEquals(content.includes('"'), false, `${name} needs a better oracle`);
      const [header, ...rows] = content.trimEnd().split(/\r?\n/).map((row) => row.split(separator));
      assertEquals(results, rows.map((row) => Object.fromEntries(row.map((field, at) => [header![at], field]))), name);
    }
  }
});
