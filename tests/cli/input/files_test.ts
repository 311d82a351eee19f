// End-to-end: files as they are found, and nothing of them lost without a word.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { gzipSync } from "node:zlib";
import { corral, inFolder, mapByOne, ndjson } from "../../helpers/programs/corral.ts";

const encoder = new TextEncoder();
const identity = "(r) => r";

/** Runs the identity over a file of this name. */
async function readFile(name: string, content: string | Uint8Array, ...flags: string[]) {
  return await inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/${name}`, typeof content === "string" ? encoder.encode(content) : content);
    return await mapByOne(["-e", identity, "-q", name, ...flags], { cwd: folder });
  });
}

/** Runs a function over stdin. */
async function run(fn: string, stdin: string | Uint8Array, ...flags: string[]) {
  return await mapByOne(["-e", fn, "-q", ...flags], { stdin });
}

Deno.test("corral map takes the format from the names of files, and asks where they differ", async () => {
  const rows = [{ a: "1", b: "2" }];
  for (
    const [name, content, expected] of [
      ["in.csv", "a,b\n1,2\n", rows],
      ["in.CSV", "a,b\n1,2\n", rows],
      ["in.tsv", "a\tb\n1\t2\n", rows],
      ["in.tab", "a\tb\n1\t2\n", rows],
      ["in.json", '[\n{"a":\n1}]', [{ a: 1 }]],
      ["in.jsonl", "1\n", [1]],
      ["in.txt", "1\n", [1]],
      ["in.csv.gz", gzipSync("a,b\n1,2\n"), rows],
    ] as const
  ) {
    const { code, results, stderr } = await readFile(name, content);
    assertEquals([code, results, stderr], [0, expected, ""], name);
  }
  assertEquals((await readFile("in.csv", "1\n", "--in", "ndjson")).results, [1]);
  await inFolder(async (folder) => {
    for (const name of ["a.csv", "b.tsv"]) await Deno.writeTextFile(`${folder}/${name}`, "a\n1\n");
    const { code, stderr } = await mapByOne(["-e", identity, "a.csv", "b.tsv"], { cwd: folder });
    assertEquals(code, 255);
    assertStringIncludes(stderr, "by their names the files are csv and tsv, wanted --in FORMAT");
    const out = await mapByOne(["-e", identity, "a.csv", "-o", "out.csv"], { cwd: folder });
    assertEquals([out.code, await Deno.readTextFile(`${folder}/out.csv`)], [0, "a\n1\n"]);
  });
});

Deno.test("corral map takes quotes in TSV as they are, unless it is told which ones quote", async () => {
  const content = 'id\ttitle\n1\t"Open\n2\tShut"\n3\t"a ""b"""\n';
  const plain = await readFile("in.tsv", content);
  assertEquals([plain.code, plain.results], [0, [
    { id: "1", title: '"Open' },
    { id: "2", title: 'Shut"' },
    { id: "3", title: '"a ""b"""' },
  ]]);
  const quoted = await readFile("in.tsv", 'id\ttitle\n1\t"a\n""b"""\n', "--quote", '"');
  assertEquals(quoted.results, [{ id: "1", title: 'a\n"b"' }]);
});

Deno.test("corral map reads lines that end in CR alone, in every format that has lines", async () => {
  assertEquals((await readFile("in.csv", 'a,b\r1,2\r3,"4,5"\r')).results, [{ a: "1", b: "2" }, { a: "3", b: "4,5" }]);
  assertEquals((await run(identity, "a\rb\rc", "--in", "lines")).results, ["a", "b", "c"]);
  assertEquals((await run(identity, "1\r2\r")).results, [1, 2]);
  assertEquals((await run(identity, "a\rb\nc\r\n", "--in", "lines")).results, ["a\rb", "c"]);
});

Deno.test("corral map takes a byte order mark in front of every format, and of each of several files", async () => {
  for (
    const [format, content, expected] of [
      ["json", '[{"n":1}]', [{ n: 1 }]],
      ["ndjson", '{"n":1}\n', [{ n: 1 }]],
      ["lines", "a\n", ["a"]],
      ["nul", "a\0", ["a"]],
      ["csv", "n\n1\n", [{ n: "1" }]],
      ["tsv", '"n"\n1\n', [{ '"n"': "1" }]],
    ] as const
  ) {
    const { code, results } = await inFolder(async (folder) => {
      for (const name of ["a", "b"]) await Deno.writeTextFile(`${folder}/${name}`, `\uFEFF${content}`);
      return await mapByOne(["-e", identity, "-q", "--in", format, "a", "b"], { cwd: folder });
    });
    assertEquals([code, results], [0, [...expected, ...expected]], format);
  }
});

Deno.test("corral map keeps the digits of numbers that JavaScript does not hold, and refuses to reckon with them", async () => {
  const record = '{"id":9007199254740993,"big":1e400,"list":[-12345678901234567890],"x":0.12345678901234568}';
  const untouched = await run(identity, record);
  assertEquals([untouched.code, untouched.stdout], [0, record + "\n"]);
  assertEquals((await run("(r) => ({ ...r, x: r.id })", record)).stdout.split(/[:,]/)[1], "9007199254740993");
  const reckoned = await run("(r) => r.id + 1", record);
  assertEquals(reckoned.code, 1);
  assertStringIncludes(reckoned.stderr, "the record has 9007199254740993, a number that JavaScript does not hold");
  const big = await run("(r) => BigInt(JSON.stringify(r.id)) + 1n", record);
  assertEquals(big.stdout, "9007199254740994\n");
  const csv = await run("(r) => ({ id: r.id })", record, "--out", "csv");
  assertEquals(csv.stdout, "id\n9007199254740993\n");
  const array = await run(identity, `[${record}]`, "--in", "json", "--out", "json");
  assertEquals(array.stdout, `[\n${record}\n]\n`);
});

Deno.test("corral map writes one result as one, or not at all", async () => {
  const two = "one\ntwo\0three\0";
  const lines = await run(identity, two, "--in", "nul", "--out", "lines");
  assertEquals([lines.code, lines.stdout], [1, "three\n"]);
  assertStringIncludes(lines.stderr, "there is a line break in it, wanted --out nul, ndjson or raw");
  assertEquals((await run(identity, two, "--in", "nul", "--out", "nul")).stdout, two);
  assertEquals((await run("(r) => r + '\\0'", "a\n", "--in", "lines", "--out", "nul")).code, 1);
  const tsv = await run(identity, ndjson([{ a: "x\ty" }, { a: "z" }]), "--out", "tsv");
  assertEquals([tsv.code, tsv.stdout], [1, "a\nz\n"]);
});

Deno.test("corral map names encodings that it was not told, and reads those that it was", async () => {
  const units = Uint16Array.from("\uFEFFa,b\nä,2\n", (one) => one.charCodeAt(0));
  const utf16 = new Uint8Array(units.buffer);
  const told = await readFile("in.csv", utf16);
  assertEquals([told.code, told.stdout], [255, ""]);
  assertStringIncludes(told.stderr, "Cannot read in.csv: it is UTF-16 (little endian), wanted --encoding utf-16le");
  assertEquals((await readFile("in.csv", utf16, "--encoding", "utf-16le")).results, [{ a: "ä", b: "2" }]);
  assertStringIncludes((await readFile("in.csv", utf16.subarray(2))).stderr, "it is UTF-16 (little endian)");
  const latin = new Uint8Array([...encoder.encode("a,b\n1,x\n2,"), 0xE9, 10]);
  const failed = await readFile("in.csv", latin);
  assertEquals([failed.code, failed.results], [1, [{ a: "1", b: "x" }]]);
  assertStringIncludes(failed.stderr, "the record is not UTF-8, wanted --encoding NAME, such as latin1");
  assertEquals((await readFile("in.csv", latin, "--encoding", "latin1")).results.at(-1), { a: "2", b: "é" });
  const wrong = await readFile("in.csv", latin, "--encoding", "latin17");
  assertStringIncludes(wrong.stderr, 'Cannot use "latin17" as --encoding');
});

Deno.test("corral map unpacks gzip of several members, from stdin as well, and names what it does not unpack", async () => {
  const packed = new Uint8Array([...gzipSync("1\n2\n"), ...gzipSync("3\n")]);
  assertEquals((await run(identity, packed)).results, [1, 2, 3]);
  const cut = await run(identity, gzipSync(ndjson(Array.from({ length: 5000 }, (_, n) => n))).subarray(0, 3000));
  assertEquals(cut.code, 255);
  assertStringIncludes(cut.stderr, "Cannot unpack stdin: unexpected end of file");
  for (
    const [bytes, name, command] of [
      [[0x28, 0xB5, 0x2F, 0xFD, 1], "zstd", "zstdcat"],
      [[0x50, 0x4B, 3, 4, 1], "zip", "unzip -p"],
      [[0x42, 0x5A, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59], "bzip2", "bzcat"],
      [[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 1], "xz", "xzcat"],
    ] as const
  ) {
    const { code, stderr } = await run(identity, new Uint8Array(bytes));
    assertEquals(code, 255);
    assertStringIncludes(stderr, `it is packed with ${name}, wanted \`${command} FILE | corral map …\``);
  }
});

Deno.test("corral map reads tables with other delimiters, without headers, behind other lines, and with types", async () => {
  const of = async (stdin: string, ...flags: string[]) => (await run(identity, stdin, "--in", "csv", ...flags)).results;
  assertEquals(await of("a;b\n1;2\n", "--delimiter", ";"), [{ a: "1", b: "2" }]);
  assertEquals(await of("a\tb\n1\t2\n", "--delimiter", "tab"), [{ a: "1", b: "2" }]);
  assertEquals(await of("1,2\n3,4\n", "--no-header"), [["1", "2"], ["3", "4"]]);
  assertEquals(await of("1,2\n", "--no-header", "--columns", "x,y"), [{ x: "1", y: "2" }]);
  assertEquals(await of("# exported 1 May\na,b\n1,2\n", "--skip-lines", "1"), [{ a: "1", b: "2" }]);
  assertEquals(await of("# exported\na,b\n#1,2\n3,4\n", "--comments", "#"), [{ a: "3", b: "4" }]);
  assertEquals(await of("a,b,c,d,e,f\n1,-2.50,007,,true,9007199254740993\n", "--infer"), [
    { a: 1, b: -2.5, c: "007", d: null, e: true, f: "9007199254740993" },
  ]);
  const spaces = await of('a,b\n"1" ,"2" \n');
  assertEquals(spaces, [{ a: "1", b: "2" }]);
  const semicolon = await run(identity, "a;b\n1;2\n", "--in", "csv");
  assertStringIncludes(semicolon.stderr, "has one column, \"a;b\": is --delimiter ';' wanted?");
  const refused = await run(identity, "1\n", "--infer");
  assertStringIncludes(refused.stderr, "Cannot use --infer: it is for --in csv and tsv, not for ndjson");
});

Deno.test("corral map writes the columns that it is told, and cells that no spreadsheet runs", async () => {
  const different = ndjson([{ a: 1 }, { b: 2 }, { a: 3, c: 4 }]);
  const csv = await run(identity, different, "--out", "csv", "--columns", "a,b,c");
  assertEquals([csv.code, csv.stdout], [0, "a,b,c\n1,,\n,2,\n3,,4\n"]);
  const missing = await run(identity, different, "--out", "csv", "--columns", "a,b");
  assertEquals([missing.code, missing.stdout], [1, "a,b\n1,\n,2\n"]);
  assertStringIncludes(missing.stderr, 'the result has the field "c", which is not in --columns');
  const formulas = ndjson([{ a: "=1+1", b: "-5", c: -5, d: "@x", e: "plain", f: "-a" }]);
  const safe = await run(identity, formulas, "--out", "csv", "--csv-safe");
  assertEquals(safe.stdout.split("\n")[1], "'=1+1,-5,-5,'@x,plain,'-a");
  assertEquals((await run(identity, formulas, "--out", "csv")).stdout.split("\n")[1], "=1+1,-5,-5,@x,plain,-a");
});

Deno.test("corral map writes no row as a blank line, which those who read tables pass over", async () => {
  const records = ndjson([{ a: "" }, { a: null }, { a: 1 }]);
  const csv = await run(identity, records, "--out", "csv");
  assertEquals([csv.code, csv.stdout], [0, 'a\n""\n""\n1\n']);
  const again = await run(identity, csv.stdout, "--in", "csv");
  assertEquals(again.stdout, ndjson([{ a: "" }, { a: "" }, { a: "1" }]));
  const tsv = await run(identity, records, "--out", "tsv");
  assertEquals([tsv.code, tsv.stdout], [2, "a\n1\n"]);
  assertStringIncludes(tsv.stderr, "its only cell is empty, so it would be a blank line, wanted --out csv");
  const nothing = await run(identity, ndjson([{}, [], { a: 1 }]), "--out", "csv");
  assertEquals([nothing.code, nothing.stdout], [2, "a\n1\n"]);
  assertStringIncludes(nothing.stderr, "the result has no fields, so the row would be a blank line");
});

Deno.test("corral map stops with one hint when nothing of the input can be read as it tries", async () => {
  const movies = JSON.stringify(Array.from({ length: 500 }, (_, n) => ({ Title: `film ${n}`, n })), null, 1);
  for (
    const [stdin, format, hint] of [
      [movies, "ndjson", "--in json"],
      ["symbol,date\n" + "MSFT,Jan 1\n".repeat(500), "ndjson", "--in csv"],
      ["a\tb\n" + "x\ty\n".repeat(500), "ndjson", "--in tsv"],
      ["hello there\n".repeat(500), "ndjson", "--in lines"],
    ] as const
  ) {
    const { code, stdout, stderr } = await run(identity, stdin, "--in", format);
    assertEquals([code, stdout], [255, ""], stderr);
    assertStringIncludes(stderr, `records of stdin are invalid, by its beginning, ${hint} is wanted`);
    assert(stderr.length < 10_000, `${stderr.length}`);
  }
  const json = await run(identity, `{"a": "x, y", "b": [1, 2]}\n`.repeat(500), "--in", "csv");
  assertEquals([json.code, json.stdout], [255, ""]);
  assertStringIncludes(json.stderr, "it looks like JSON, wanted --in ndjson or --in json");
  const short = await run(identity, "a,b\n1,2\n");
  assertEquals(short.code, 2);
  assertStringIncludes(short.stderr, "no record of stdin could be read, by its beginning, --in csv is wanted");
});

Deno.test("corral map counts failures that are all alike, in place of telling each", async () => {
  const { code, stderr } = await run("(n) => { throw new Error(`no ${n}`); }", ndjson(Array(1000).fill(5)));
  assertEquals(code, 101);
  assertEquals(stderr.match(/ failed: /g)?.length, 200);
  assertMatch(stderr, /corral: 800 more failed as record 1 did; --rejects FILE has each of them\n$/);
});

Deno.test("corral map --rejects keeps records whole, so that they can be fed again", async () => {
  await inFolder(async (folder) => {
    const records = [1, 2, 3].map((n) => ({ n, text: "é".repeat(900) }));
    const stdin = ndjson(records);
    const path = `${folder}/rejects.ndjson`;
    const { code } = await run("(r) => { if (r.n > 1) throw 1; return r.n; }", stdin, "--rejects", path);
    assertEquals(code, 2);
    const text = await Deno.readTextFile(path);
    const again = await run("(r) => r.record", text, "--out", "lines");
    assertEquals(again.stdout, ndjson(records.slice(1)));
  });
});

Deno.test("corral map hands lists of records to the function with --batch, and fails a bad record alone", async () => {
  const numbers = Array.from({ length: 10 }, (_, n) => n + 1);
  const sizes = await run("(list) => list.length", ndjson(numbers), "--batch", "4");
  assertEquals([sizes.code, sizes.results], [0, [4, 4, 2]]);
  const bad = await run("(list, { index }) => [index, list]", "1\nx\n3\n4\n5", "--batch", "3");
  assertEquals([bad.code, bad.results], [1, [[0, [1, 3]], [3, [4, 5]]]]);
  assertStringIncludes(bad.stderr, "record 2 (line 2 of stdin) failed: the record is not JSON");
  const thrown = await run(
    "(list) => { if (list.includes(5)) throw new Error('five'); return list; }",
    ndjson(numbers),
    "--batch",
    "4",
  );
  assertEquals([thrown.code, thrown.results], [4, [[1, 2, 3, 4], [9, 10]]]);
  const killed = await run(
    "(list) => list.includes(5) ? Deno.exit(3) : list.length",
    ndjson(numbers),
    "--batch",
    "4",
    "--chunk",
    "8",
  );
  assertEquals([killed.code, killed.results], [4, [4, 2]]);
  assertStringIncludes(
    killed.stderr,
    "record 8 (line 8 of stdin) failed: WorkerExitError: the worker exited with code 3",
  );
  await inFolder(async (folder) => {
    const args = ["--batch", "4", "-o", `${folder}/out`, "--joblog", `${folder}/log`];
    assertEquals((await run("(list) => list.length", ndjson(numbers), ...args)).code, 0);
    const logged = (await Deno.readTextFile(`${folder}/log`)).trim().split("\n").slice(1).map((line) =>
      JSON.parse(line)
    );
    assertEquals(
      logged.map(({ sequence, results }) => [sequence, results]),
      numbers.map((n) => [n, n % 4 === 1 ? 1 : 0]),
    );
  });
});

Deno.test("corral map writes the number of each result's record with --tag", async () => {
  const twice = "function* (n) { yield n; yield n * 10; }";
  assertEquals((await run(twice, "1\n2\n", "--tag", "--out", "lines")).stdout, "1\t1\n1\t10\n2\t2\n2\t20\n");
  assertEquals((await run(twice, "7\n", "--tag")).results, [{ record: 1, result: 7 }, { record: 1, result: 70 }]);
  assertStringIncludes((await run(twice, "7\n", "--tag", "--out", "csv")).stderr, "Cannot use --tag with --out csv");
});

Deno.test("corral map begins no more records than --rate says, attempts that follow on others included", async () => {
  await inFolder(async (folder) => {
    const stdin = ndjson(Array.from({ length: 12 }, (_, n) => n));
    const flags = ["--rate", "20/s", "-j", "2", "--events", `${folder}/events`];
    assertEquals((await corral(["map", "-e", identity, "-q", ...flags], { stdin })).results.length, 12);
    // When the command hands them out: a busy machine makes workers begin the first one late, and not the last one.
    const events = (await Deno.readTextFile(`${folder}/events`)).trim().split("\n").map((line) => JSON.parse(line));
    const handed = events.filter(({ type, state }) => type === "block" && state === "start");
    assertEquals(handed.map(({ records }) => records), Array(12).fill(1));
    const ms = handed.at(-1).at - handed[0].at;
    assert(ms >= 11 * 50 - 60, `${ms} ms`);
  });
  const retried = await run(
    "(n, { attempt }) => { if (attempt < 4) throw new Error('again'); return attempt; }",
    "1\n2\n",
    "--rate",
    "40/s",
    "--retries",
    "5",
  );
  assertEquals([retried.code, retried.results], [0, [4, 4]]);
  assertStringIncludes((await run(identity, "1\n", "--rate", "fast")).stderr, 'Cannot use "fast" as --rate');
});

Deno.test("corral map begins while the machine has room", async () => {
  const flags = ["--load", "100000", "--memfree", "1K"];
  const { code, results } = await mapByOne(["-e", identity, "-q", ...flags], {
    stdin: "1\n",
    allow: ["--allow-sys"],
  });
  assertEquals([code, results], [0, [1]]);
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
