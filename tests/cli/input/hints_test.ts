// Unit and end-to-end: what is not as it should be is named, with what helps, before it is taken for something else.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { openSource } from "../../../cli/input/byte_source.ts";
import { remedyFor } from "../../../cli/input/guess_format.ts";
import { corral } from "../../helpers/programs/corral.ts";
import { type MapInTurn, mapInTurn } from "../../helpers/programs/map_in_turn.ts";

const IDENTITY = "(r) => r";

const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** Opens an input of these bytes called `file.csv`. */
async function open(bytes: Uint8Array, encoding?: string): Promise<void> {
  let rest = bytes;
  const read = (buffer: Uint8Array) => {
    const part = rest.subarray(0, buffer.length);
    buffer.set(part);
    rest = rest.subarray(part.length);
    return Promise.resolve(part.length === 0 ? null : part.length);
  };
  await openSource(read, { place: "file.csv", encoding, hasLines: true, hasNuls: false });
}

Deno.test("remedyFor() says by the beginning of an input how it could be read", () => {
  const cases: [content: string | Uint8Array, tried: "ndjson" | "csv", hint: string][] = [
    ["Exported 1 May\n\nid,name\n1,Ada\n2,Grace\n", "csv", "by its beginning, --skip-lines 2 is wanted"],
    ["Exported\nid;name\n1;Ada\n", "ndjson", "by its beginning, --in csv --delimiter ';' --skip-lines 1 is wanted"],
    ["id,name\n1,Ada\n", "ndjson", "by its beginning, --in csv is wanted"],
    ["id\tname\n1\tAda\n", "ndjson", "by its beginning, --in tsv is wanted"],
    ["id|name\n1|Ada\n", "ndjson", "by its beginning, --in csv --delimiter '|' is wanted"],
    ["not\na,table,at all\n", "csv", "by its beginning, --in lines is wanted"],
    ["hello there\nhello there\n", "ndjson", "by its beginning, --in lines is wanted"],
    [Uint8Array.of(0xE9, 10, 0xE8, 10), "ndjson", "it is not UTF-8, wanted --encoding NAME, such as latin1"],
    [Uint8Array.of(...createHash("sha512").update("seed").digest(), 1), "ndjson", "it does not look like text"],
    ["12345\n67890\n", "ndjson", "though it begins as ndjson does"],
    ["1,2\n3,4\n", "csv", "though it begins as csv does"],
  ];
  for (const [content, tried, hint] of cases) {
    const sample = typeof content === "string" ? new TextEncoder().encode(content) : content;
    assertStringIncludes(remedyFor(sample, tried), hint);
  }
});

Deno.test("corral map says how an input of which no record was read could be read", async () => {
  const over = (content: string, ...flags: string[]): MapInTurn => ({
    args: ["-e", IDENTITY, "a.csv", ...flags],
    files: { "a.csv": content },
  });
  const [preamble, long, columns] = await mapInTurn([
    over("Exported 1 May\n\nid,name\n1,Ada\n2,Grace\n"),
    over("12345\n67890\n", "--in", "ndjson", "--max-record", "3"),
    over("1,2\n3,4\n", "--no-header", "--columns", "a"),
  ]);
  assertStringIncludes(preamble.stderr, "by its beginning, --skip-lines 2 is wanted");
  for (const { stderr } of [long, columns]) {
    assertStringIncludes(stderr, "corral: no record of a.csv could be read, though it begins as ");
  }
});

Deno.test("openSource() names packed files and those of other programs by their first bytes, and says what opens them", async () => {
  const cases: [begin: string, hint: string][] = [
    ["\x28\xB5\x2F\xFDrest", "packed with zstd, wanted `zstdcat FILE | corral map …`"],
    ["\xFD7zXZ\0rest", "packed with xz, wanted `xzcat FILE | corral map …`"],
    ["BZh1" + "1AY&SY", "packed with bzip2, wanted `bzcat FILE | corral map …`"],
    ["BZh9\x17rE8P\x90\0\0\0\0", "packed with bzip2"],
    ["\x04\x22\x4D\x18rest", "packed with lz4"],
    ["\x1F\x9Drest", "packed with compress"],
    ["7z\xBC\xAF\x27\x1Crest", "packed with 7-Zip"],
    ["PK\x03\x04\x14\0\0\0rest", "packed with zip"],
    ["PK\x03\x04\x14\0\x06\0rest", "a workbook of a spreadsheet, wanted its table as CSV"],
    ["\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest", "a workbook of a spreadsheet"],
    ["PAR1\x15\x04\x15\x10", "it is Parquet"],
    ["SQLite format 3\0rest", "a database of SQLite, wanted `sqlite3 -json FILE"],
    ["\xFF\xFE\0\0a\0\0\0\n\0\0\0", "it is UTF-32, wanted `iconv -f UTF-32 -t UTF-8 FILE"],
    ["\xFF\xFEa\0\n\0", "UTF-16 (little endian), wanted --encoding utf-16le"],
  ];
  for (const [begin, hint] of cases) {
    const { message } = await assertRejects(() => open(latin1(begin)), Error, "Cannot read file.csv: it is ");
    assertStringIncludes(message, hint);
  }
  // The names of columns are no reason.
  await open(latin1("PAR1,BZh9,7z,PK\n1,2,3,4\n"));
});

Deno.test("openSource() does not read an input as what its beginning says that it is not", async () => {
  const cases: [content: string, encoding: string, hint: string][] = [
    ["\xFF\xFEa\0\n\x001\0\n\0", "utf-16be", "UTF-16 (little endian), wanted --encoding utf-16le"],
    ["\xFE\xFF\0a\0\n\x001\0\n", "utf-16", "UTF-16 (big endian), wanted --encoding utf-16be"],
    ["a\0\n\x001\0\n\0", "utf-16be", "UTF-16 (little endian), wanted --encoding utf-16le"],
    ["\xFF\xFEa\0\n\0", "latin1", "UTF-16 (little endian), wanted --encoding utf-16le"],
    ["\xFF\xFEa\0\n\0", "utf-8", "UTF-16 (little endian), wanted --encoding utf-16le"],
    ["\xEF\xBB\xBFa\n1\n", "latin1", "UTF-8 (by its byte order mark), wanted --encoding utf-8"],
  ];
  for (const [content, encoding, hint] of cases) {
    await assertRejects(() => open(latin1(content), encoding), Error, `Cannot read file.csv: it is ${hint}`);
  }
  await open(latin1("\xFF\xFEa\0\n\x001\0\n\0"), "utf-16");
  await open(latin1("\xEF\xBB\xBFa\n1\n"), "utf-8");
});

Deno.test("corral map says what is wrong with a name, a flag or a text before it does anything", async () => {
  const files = { "in.csv": "a,b\n1,2\n", "job.ts": "export default (r: unknown) => r;\n" };
  const cases: [args: string[], message: string][] = [
    [
      ["in.csv", "job.ts"],
      'Cannot run "in.csv": by its name it is not a JavaScript or TypeScript module, ' +
      "wanted corral map job.ts in.csv",
    ],
    [["in.csv"], "is not a JavaScript or TypeScript module, wanted one, or -e '(record) => …'"],
    [
      ["job.ts", "in.csv", "-o", "out.csv.gz"],
      "Cannot write out.csv.gz: results are not packed, wanted another name",
    ],
    [
      ["job.ts", "in.csv", "-o", "out.xlsx"],
      "Cannot write out.xlsx: results are not written as .xlsx, wanted a name with .csv, .tsv, .json or .ndjson, or --out FORMAT",
    ],
    [
      ["-e", "r.id", "in.csv"],
      "Cannot run -e: r is not defined; the text is evaluated once and gives the function, like (record) => record.id",
    ],
    [["job.ts", "in.csv", "--out", "csv", "--columns", "a,"], 'Cannot use "a," as --columns: a name is missing'],
    [["job.ts", "in.csv", "-k", "--unordered"], "Cannot use --unordered and --keep-order: they are opposites"],
    [
      ["job.ts", "in.csv", "--limit", "2"],
      "Cannot use --limit: the input says how many records there are, like head -n N FILE",
    ],
    [["job.ts", "in.csv", "-n", "2"], "Cannot use -n: several records for one call are --batch N"],
    [["job.ts", "in.csv", "--shuf"], "Cannot use --shuf: records are read as they come"],
  ];
  const [syntax, json, fewer, ...others] = await mapInTurn([
    { args: ["-e", "(n) => n +"] },
    { args: ["-e", IDENTITY, "--in", "json", "in"], files: { in: '{"a":1},\n{"a":2},\n' } },
    { args: ["job.ts", "in.csv", "--no-header", "--columns", "x"], files },
    ...cases.map(([args]) => ({ args, files })),
  ]);
  for (const [at, { code, stderr }] of others.entries()) {
    assertEquals([code, stderr.includes(cases[at]![1])], [255, true], stderr);
  }
  assertStringIncludes(fewer.stderr, "the row has 2 fields, --columns has 1");
  // Nothing that was put around the text is shown.
  assertEquals(
    syntax.stderr,
    "corral: SyntaxError: Expression expected\n  |\n1 | (n) => n +\n  |           ~\n    at -e:1:11\n",
  );
  // Between values it is said once.
  assertEquals([json.code, json.results], [1, [{ a: 1 }]]);
  assertStringIncludes(
    json.stderr,
    'record 2 (line 1 of in) failed: wanted a JSON value, not ","; nothing behind it was',
  );
});

Deno.test({
  name: "corral map names the input that cannot be read to its end, also where it is looked at before the run",
  // There is a regular file there that can be opened and not read.
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const { code, stderr } = await corral(["map", "-e", IDENTITY, "--in", "lines", "/proc/self/mem"], {
      allow: ["-A"],
    });
    assertEquals([code, stderr.split("\n")[0]], [
      255,
      "corral: Cannot read /proc/self/mem: Input/output error (os error 5)",
    ]);
  },
});
