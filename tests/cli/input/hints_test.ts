// End-to-end: what is not as it should be is named, with what helps, before it is taken for something else.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { corral, inFolder, mapByOne } from "../../helpers/programs/corral.ts";

const IDENTITY = "(r) => r";

/** Runs the identity over a file of that name, and returns what was said on stderr. */
async function said(name: string, content: string | Uint8Array, ...flags: string[]): Promise<string> {
  return await inFolder(async (folder) => {
    const path = `${folder}/${name}`;
    await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    return (await mapByOne(["-e", IDENTITY, path, ...flags])).stderr
      .replaceAll(`${folder}/`, "");
  });
}

Deno.test("corral map says by the beginning of an input how it could be read", async () => {
  const cases: [name: string, content: string | Uint8Array, hint: string][] = [
    ["a.csv", "Exported 1 May\n\nid,name\n1,Ada\n2,Grace\n", "by its beginning, --skip-lines 2 is wanted"],
    ["a", "Exported\nid;name\n1;Ada\n", "by its beginning, --in csv --delimiter ';' --skip-lines 1 is wanted"],
    ["a", "id,name\n1,Ada\n", "by its beginning, --in csv is wanted"],
    ["a", "id\tname\n1\tAda\n", "by its beginning, --in tsv is wanted"],
    ["a", "id|name\n1|Ada\n", "by its beginning, --in csv --delimiter '|' is wanted"],
    ["a.csv", "not\na,table,at all\n", "by its beginning, --in lines is wanted"],
    ["a", Uint8Array.of(0xE9, 10, 0xE8, 10), "it is not UTF-8, wanted --encoding NAME, such as latin1"],
    ["a", Uint8Array.of(...createHash("sha512").update("seed").digest(), 1), "it does not look like text"],
  ];
  for (const [name, content, hint] of cases) assertStringIncludes(await said(name, content), hint);
  for (
    const [content, ...flags] of [["12345\n67890\n", "--max-record", "3"], [
      "1,2\n3,4\n",
      "--no-header",
      "--columns",
      "a",
    ]]
  ) {
    const text = await said("a.csv", content!, "--in", flags.length === 2 ? "ndjson" : "csv", ...flags);
    assertStringIncludes(text, "corral: no record of a.csv could be read, though it begins as ");
  }
});

Deno.test("corral map names packed files and those of other programs by their first bytes, and says what opens them", async () => {
  const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
  const cases: [begin: string, hint: string][] = [
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
    const text = await said("file.csv", bytes(begin));
    assertStringIncludes(text, "corral: Cannot read file.csv: it is ");
    assertStringIncludes(text, hint);
  }
  // The names of columns are no reason.
  assertEquals(await said("file.csv", "PAR1,BZh9,7z,PK\n1,2,3,4\n", "-q"), "");
});

Deno.test("corral map does not read an input as what its beginning says that it is not", async () => {
  const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
  const cases: [content: string, encoding: string, hint: string][] = [
    ["\xFF\xFEa\0\n\x001\0\n\0", "utf-16be", "UTF-16 (little endian), wanted --encoding utf-16le"],
    ["\xFE\xFF\0a\0\n\x001\0\n", "utf-16", "UTF-16 (big endian), wanted --encoding utf-16be"],
    ["a\0\n\x001\0\n\0", "utf-16be", "UTF-16 (little endian), wanted --encoding utf-16le"],
    ["\xFF\xFEa\0\n\0", "latin1", "UTF-16 (little endian), wanted --encoding utf-16le"],
    ["\xFF\xFEa\0\n\0", "utf-8", "UTF-16 (little endian), wanted --encoding utf-16le"],
    ["\xEF\xBB\xBFa\n1\n", "latin1", "UTF-8 (by its byte order mark), wanted --encoding utf-8"],
  ];
  for (const [content, encoding, hint] of cases) {
    const text = await said("file.csv", bytes(content), "--encoding", encoding);
    assertStringIncludes(text, `corral: Cannot read file.csv: it is ${hint}`);
  }
  for (const [content, encoding] of [["\xFF\xFEa\0\n\x001\0\n\0", "utf-16"], ["\xEF\xBB\xBFa\n1\n", "utf-8"]]) {
    assertEquals(await said("file.csv", bytes(content!), "-q", "--encoding", encoding!), "");
  }
});

Deno.test("corral map says what is wrong with a name or a flag before it does anything", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in.csv`, "a,b\n1,2\n");
    await Deno.writeTextFile(`${folder}/job.ts`, "export default (r: unknown) => r;\n");
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
    for (const [args, message] of cases) {
      const { code, stderr } = await corral(["map", ...args], { cwd: folder });
      assertEquals([code, stderr.includes(message)], [255, true], stderr);
    }
    const fewer = await corral(["map", "job.ts", "in.csv", "--no-header", "--columns", "x"], { cwd: folder });
    assertStringIncludes(fewer.stderr, "the row has 2 fields, --columns has 1");
  });
});

Deno.test("corral map shows what is wrong in the text of -e, and nothing that was put around it", async () => {
  const { stderr } = await corral(["map", "-e", "(n) => n +"]);
  assertEquals(
    stderr,
    "corral: SyntaxError: Expression expected\n  |\n1 | (n) => n +\n  |           ~\n    at -e:1:11\n",
  );
});

Deno.test("corral map writes the header of an empty table whose columns were told", async () => {
  const { stdout, code } = await corral(["map", "-e", IDENTITY, "--out", "csv", "--columns", "id,na me"]);
  assertEquals([code, stdout], [0, "id,na me\n"]);
});

Deno.test("corral map --in json says once what is wrong between values", async () => {
  const { code, results, stderr } = await corral(["map", "-e", IDENTITY, "--in", "json"], {
    stdin: '{"a":1},\n{"a":2},\n',
  });
  assertEquals([code, results], [1, [{ a: 1 }]]);
  assertStringIncludes(
    stderr,
    'record 2 (line 1 of stdin) failed: wanted a JSON value, not ","; nothing behind it was',
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
