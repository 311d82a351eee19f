// End-to-end: files as they are found, and nothing of them lost without a word.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gzipSync } from "node:zlib";
import { inFolder, ndjson } from "../../helpers/programs/corral.ts";
import { mapByOne } from "../../helpers/programs/in_turn.ts";
import { type MapInTurn, mapInTurn } from "../../helpers/programs/map_in_turn.ts";

const encoder = new TextEncoder();
const identity = "(r) => r";

/** A run of the identity over a file of this name. */
function over(name: string, content: string | Uint8Array, ...flags: string[]): MapInTurn {
  return { args: ["-e", identity, "-q", name, ...flags], files: { [name]: content } };
}

/** A run of a function over a file without an ending, called `in`. */
function run(fn: string, content: string | Uint8Array, ...flags: string[]): MapInTurn {
  return { args: ["-e", fn, "-q", "in", ...flags], files: { in: content } };
}

Deno.test("corral map takes the format from the names of files", async () => {
  await inFolder(async (folder) => {
    const rows = [{ a: "1", b: "2" }];
    const [tab, json, packed, written] = await mapInTurn([
      over("in.tab", "a\tb\n1\t2\n"),
      over("in.json", '[\n{"a":\n1}]'),
      over("in.CSV.gz", gzipSync("a,b\n1,2\n")),
      over("in.csv", "a\n1\n", "-o", `${folder}/out.csv`),
    ]);
    for (const { code, stderr } of [tab, json, packed, written]) assertEquals([code, stderr], [0, ""]);
    assertEquals([tab.results, json.results, packed.results], [rows, [{ a: 1 }], rows]);
    assertEquals(await Deno.readTextFile(`${folder}/out.csv`), "a\n1\n");
  });
});

Deno.test("corral map takes quotes in TSV as they are, unless it is told which ones quote", async () => {
  const [plain, quoted] = await mapInTurn([
    over("in.tsv", 'id\ttitle\n1\t"Open\n2\tShut"\n3\t"a ""b"""\n'),
    over("in.tsv", 'id\ttitle\n1\t"a\n""b"""\n', "--quote", '"'),
  ]);
  assertEquals([plain.code, plain.results], [0, [
    { id: "1", title: '"Open' },
    { id: "2", title: 'Shut"' },
    { id: "3", title: '"a ""b"""' },
  ]]);
  assertEquals(quoted.results, [{ id: "1", title: 'a\n"b"' }]);
});

Deno.test("corral map reads lines that end in CR alone, in every format that has lines", async () => {
  const outcomes = await mapInTurn([
    over("in.csv", 'a,b\r1,2\r3,"4,5"\r'),
    run(identity, "a\rb\rc", "--in", "lines"),
    run(identity, "1\r2\r"),
    run(identity, "a\rb\nc\r\n", "--in", "lines"),
  ]);
  assertEquals(outcomes.map(({ results }) => results), [
    [{ a: "1", b: "2" }, { a: "3", b: "4,5" }],
    ["a", "b", "c"],
    [1, 2],
    ["a\rb", "c"],
  ]);
});

Deno.test("corral map takes a byte order mark in front of every format, and of each of several files", async () => {
  const cases = [
    ["json", '[{"n":1}]', [{ n: 1 }]],
    ["ndjson", '{"n":1}\n', [{ n: 1 }]],
    ["nul", "a\0", ["a"]],
    ["tsv", '"n"\n1\n', [{ '"n"': "1" }]],
  ] as const;
  const outcomes = await mapInTurn(cases.map(([format, content]) => ({
    args: ["-e", identity, "-q", "--in", format, "a", "b"],
    files: { a: `\uFEFF${content}`, b: `\uFEFF${content}` },
  })));
  for (const [at, { code, results }] of outcomes.entries()) {
    const [format, , expected] = cases[at]!;
    assertEquals([code, results], [0, [...expected, ...expected]], format);
  }
});

Deno.test("corral map keeps the digits of numbers that JavaScript does not hold, and refuses to reckon with them", async () => {
  const record = '{"id":9007199254740993,"big":1e400,"list":[-12345678901234567890],"x":0.12345678901234568}';
  const [untouched, copied, reckoned, big, csv, array] = await mapInTurn([
    run(identity, record),
    run("(r) => ({ ...r, x: r.id })", record),
    run("(r) => r.id + 1", record),
    run("(r) => BigInt(JSON.stringify(r.id)) + 1n", record),
    run("(r) => ({ id: r.id })", record, "--out", "csv"),
    run(identity, `[${record}]`, "--in", "json", "--out", "json"),
  ]);
  assertEquals([untouched.code, untouched.stdout], [0, record + "\n"]);
  assertEquals(copied.stdout.split(/[:,]/)[1], "9007199254740993");
  assertEquals(reckoned.code, 1);
  assertStringIncludes(reckoned.stderr, "the record has 9007199254740993, a number that JavaScript does not hold");
  assertEquals(big.stdout, "9007199254740994\n");
  assertEquals(csv.stdout, "id\n9007199254740993\n");
  assertEquals(array.stdout, `[\n${record}\n]\n`);
});

Deno.test("corral map writes one result as one, or not at all", async () => {
  const two = "one\ntwo\0three\0";
  const [lines, nul, broken, tsv] = await mapInTurn([
    run(identity, two, "--in", "nul", "--out", "lines"),
    run(identity, two, "--in", "nul", "--out", "nul"),
    run("(r) => r + '\\0'", "a\n", "--in", "lines", "--out", "nul"),
    run(identity, ndjson([{ a: "x\ty" }, { a: "z" }]), "--out", "tsv"),
  ]);
  assertEquals([lines.code, lines.stdout], [1, "three\n"]);
  assertStringIncludes(lines.stderr, "there is a line break in it, wanted --out nul, ndjson or raw");
  assertEquals(nul.stdout, two);
  assertEquals(broken.code, 1);
  assertEquals([tsv.code, tsv.stdout], [1, "a\nz\n"]);
});

Deno.test("corral map names encodings that it was not told, and reads those that it was", async () => {
  const units = Uint16Array.from("\uFEFFa,b\nä,2\n", (one) => one.charCodeAt(0));
  const utf16 = new Uint8Array(units.buffer);
  const latin = new Uint8Array([...encoder.encode("a,b\n1,x\n2,"), 0xE9, 10]);
  const [told, read, unmarked, failed, readLatin, wrong] = await mapInTurn([
    over("in.csv", utf16),
    over("in.csv", utf16, "--encoding", "utf-16le"),
    over("in.csv", utf16.subarray(2)),
    over("in.csv", latin),
    over("in.csv", latin, "--encoding", "latin1"),
    over("in.csv", latin, "--encoding", "latin17"),
  ]);
  assertEquals([told.code, told.stdout], [255, ""]);
  assertStringIncludes(told.stderr, "Cannot read in.csv: it is UTF-16 (little endian), wanted --encoding utf-16le");
  assertEquals(read.results, [{ a: "ä", b: "2" }]);
  assertStringIncludes(unmarked.stderr, "it is UTF-16 (little endian)");
  assertEquals([failed.code, failed.results], [1, [{ a: "1", b: "x" }]]);
  assertStringIncludes(failed.stderr, "the record is not UTF-8, wanted --encoding NAME, such as latin1");
  assertEquals(readLatin.results.at(-1), { a: "2", b: "é" });
  assertStringIncludes(wrong.stderr, 'Cannot use "latin17" as --encoding');
});

Deno.test("corral map unpacks gzip of several members, from stdin as well, and names what it does not unpack", async () => {
  const packed = new Uint8Array([...gzipSync("1\n2\n"), ...gzipSync("3\n")]);
  assertEquals((await mapByOne(["-e", identity, "-q"], { stdin: packed })).results, [1, 2, 3]);
  const [cut, zip] = await mapInTurn([
    run(identity, gzipSync(ndjson(Array.from({ length: 5000 }, (_, n) => n))).subarray(0, 3000)),
    run(identity, "PK\x03\x04\x01"),
  ]);
  assertEquals(cut.code, 255);
  assertStringIncludes(cut.stderr, "Cannot unpack in: unexpected end of file");
  assertEquals(zip.code, 255);
  assertStringIncludes(zip.stderr, "it is packed with zip, wanted `unzip -p FILE | corral map …`");
});

Deno.test("corral map reads tables with other delimiters, without headers, behind other lines, and with types", async () => {
  const of = (content: string, ...flags: string[]) => run(identity, content, "--in", "csv", ...flags);
  const [refused, semicolon, ...read] = await mapInTurn([
    run(identity, "1\n", "--infer"),
    of("a;b\n1;2\n"),
    of("exported 1 May\na;b\n#1;2\n3;4\n", "--delimiter", ";", "--skip-lines", "1", "--comments", "#"),
    of("1\t2\n3\t4\n", "--delimiter", "tab", "--no-header"),
    of("1,2\n", "--no-header", "--columns", "x,y"),
    of("a,b,c,d,e,f\n1,-2.50,007,,true,9007199254740993\n", "--infer"),
  ]);
  assertStringIncludes(refused.stderr, "Cannot use --infer: it is for --in csv and tsv, not for ndjson");
  assertStringIncludes(semicolon.stderr, "has one column, \"a;b\": is --delimiter ';' wanted?");
  assertEquals(read.map(({ results }) => results), [
    [{ a: "3", b: "4" }],
    [["1", "2"], ["3", "4"]],
    [{ x: "1", y: "2" }],
    [{ a: 1, b: -2.5, c: "007", d: null, e: true, f: "9007199254740993" }],
  ]);
});

Deno.test("corral map writes the columns that it is told, and cells that no spreadsheet runs", async () => {
  const different = ndjson([{ a: 1 }, { b: 2 }, { a: 3, c: 4 }]);
  const formulas = ndjson([{ a: "=1+1", b: "-5", c: -5, d: "@x", e: "plain", f: "-a" }]);
  const [empty, csv, missing, safe, plain] = await mapInTurn([
    run(identity, "", "--out", "csv", "--columns", "id,na me"),
    run(identity, different, "--out", "csv", "--columns", "a,b,c"),
    run(identity, different, "--out", "csv", "--columns", "a,b"),
    run(identity, formulas, "--out", "csv", "--csv-safe"),
    run(identity, formulas, "--out", "csv"),
  ]);
  assertEquals([empty.code, empty.stdout], [0, "id,na me\n"]);
  assertEquals([csv.code, csv.stdout], [0, "a,b,c\n1,,\n,2,\n3,,4\n"]);
  assertEquals([missing.code, missing.stdout], [1, "a,b\n1,\n,2\n"]);
  assertStringIncludes(missing.stderr, 'the result has the field "c", which is not in --columns');
  assertEquals(safe.stdout.split("\n")[1], "'=1+1,-5,-5,'@x,plain,'-a");
  assertEquals(plain.stdout.split("\n")[1], "=1+1,-5,-5,@x,plain,-a");
});

Deno.test("corral map writes no row as a blank line, which those who read tables pass over", async () => {
  const records = ndjson([{ a: "" }, { a: null }, { a: 1 }]);
  const written = 'a\n""\n""\n1\n';
  const [csv, again, tsv, nothing] = await mapInTurn([
    run(identity, records, "--out", "csv"),
    run(identity, written, "--in", "csv"),
    run(identity, records, "--out", "tsv"),
    run(identity, ndjson([{}, [], { a: 1 }]), "--out", "csv"),
  ]);
  assertEquals([csv.code, csv.stdout], [0, written]);
  assertEquals(again.stdout, ndjson([{ a: "" }, { a: "" }, { a: "1" }]));
  assertEquals([tsv.code, tsv.stdout], [2, "a\n1\n"]);
  assertStringIncludes(tsv.stderr, "its only cell is empty, so it would be a blank line, wanted --out csv");
  assertEquals([nothing.code, nothing.stdout], [2, "a\n1\n"]);
  assertStringIncludes(nothing.stderr, "the result has no fields, so the row would be a blank line");
});

Deno.test("corral map stops with one hint when nothing of the input can be read as it tries", async () => {
  const movies = JSON.stringify(Array.from({ length: 500 }, (_, n) => ({ Title: `film ${n}`, n })), null, 1);
  const [short, json, long] = await mapInTurn([
    run(identity, "a,b\n1,2\n"),
    run(identity, `{"a": "x, y", "b": [1, 2]}\n`.repeat(500), "--in", "csv"),
    run(identity, movies),
  ]);
  assertEquals(short.code, 2);
  assertStringIncludes(short.stderr, "no record of in could be read, by its beginning, --in csv is wanted");
  assertEquals([json.code, json.stdout], [255, ""]);
  assertStringIncludes(json.stderr, "it looks like JSON, wanted --in ndjson or --in json");
  assertEquals([long.code, long.stdout], [255, ""]);
  assertStringIncludes(long.stderr, "records of in are invalid, by its beginning, --in json is wanted");
  assert(long.stderr.length < 10_000, `${long.stderr.length}`);
});

Deno.test({
  name: "corral map takes /dev/stdin for stdin, and says what it must be installed with to open another file",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      for (const name of ["/dev/stdin", "/dev/fd/0"]) {
        const { results, stderr } = await mapByOne(["-e", identity, "-q", name], { stdin: "1\n2\n" });
        assertEquals([results, stderr], [[1, 2], ""], name);
      }
      const { stderr } = await mapByOne(["-e", identity, "-o", "/dev/stdout"], { stdin: "1\n" });
      assertEquals(
        stderr,
        "corral: Cannot write /dev/stdout: this command was not given -A, without which Deno opens no such file, install it with that\n",
      );
      await Deno.writeTextFile(`${folder}/in.ndjson`, "1\n");
      const refused = await mapByOne(["-e", identity, "in.ndjson"], {
        cwd: folder,
        allow: [`--deny-read=${folder}/in.ndjson`],
      });
      assertEquals(
        refused.stderr,
        "corral: Cannot open in.ndjson: this command was not given --allow-read for it, install it with that\n",
      );
    }),
});
