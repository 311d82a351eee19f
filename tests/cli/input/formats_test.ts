// End-to-end: what `corral map` reads and writes.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { inFolder, ndjson } from "../../helpers/programs/corral.ts";
import { mapByOne } from "../../helpers/programs/in_turn.ts";
import { type MapInTurn, mapInTurn } from "../../helpers/programs/map_in_turn.ts";

const JOB = new URL("../../fixtures/programs/map_records.ts", import.meta.url).pathname;

Deno.test("corral map reads NDJSON, with blank lines, Windows line ends, a byte order mark and no last line break", async () => {
  const { code, stdout } = await mapByOne([JOB], { stdin: '\uFEFF{"n":1}\r\n\n  \t\n"é"\n[3]' });
  assertEquals([code, stdout], [0, '{"n":1}\n"é"\n[3]\n']);
});

/** A run over a file called `in`. */
function run(job: string, content: string, ...flags: string[]): MapInTurn {
  return { args: [job, "in", ...flags], files: { in: content } };
}

Deno.test("corral map reads the elements of a JSON array, however they are laid out, and rejects the place where it is broken", async () => {
  const [whole, cut, missing] = await mapInTurn([
    run(JOB, '[\n  {"n": 1,\n   "text": "a\\nb]"},\n  [2, {"x": "\\"}"}], 3, "4,5"\n]\n', "--in", "json"),
    run(JOB, '[1, {"a": nope}, 2,\n{"cut": ', "--in", "json"),
    run(JOB, "[1 2]", "--in", "json"),
  ]);
  assertEquals([whole.code, whole.results], [0, [{ n: 1, text: "a\nb]" }, [2, { x: '"}' }], 3, "4,5"]]);
  assertEquals([cut.code, cut.results], [2, [1, 2]]);
  assertStringIncludes(cut.stderr, "record 2 (line 1 of in) failed: the record is not JSON");
  assertStringIncludes(
    cut.stderr,
    "record 4 (line 2 of in) failed: the record is not JSON: the input ends inside of it",
  );
  assertEquals([missing.code, missing.results], [1, [1]]);
  assertStringIncludes(missing.stderr, 'wanted "," or "]" behind an element of the array');
});

Deno.test("corral map reads lines and NUL-ended texts as they stand, and CSV and TSV by their header, and rejects single bad rows", async () => {
  const table = 'id,text\n1,"a, ""b""\nc"\r\n\n2,plain 5" disk\n3,x,too many\n4,"ok"\n5,"never closed\n6,last\n';
  const [lines, texts, csv, tsv] = await mapInTurn([
    run(JOB, "a\r\n\n b\\n", "--in", "lines", "--out", "json"),
    run(JOB, "a\nb\0c\0", "--in", "nul"),
    run(JOB, table, "--in", "csv"),
    run(JOB, "a\tb\n1\t2,3\n", "--in", "tsv"),
  ]);
  assertEquals([lines.code, lines.stdout], [0, '[\n"a",\n"",\n" b\\\\n"\n]\n']);
  assertEquals([texts.code, texts.results], [0, ["a\nb", "c"]]);
  assertEquals(csv.results, [
    { id: "1", text: 'a, "b"\nc' },
    { id: "2", text: 'plain 5" disk' },
    { id: "4", text: "ok" },
    { id: "6", text: "last" },
  ]);
  assertEquals(csv.code, 2);
  assertStringIncludes(csv.stderr, "record 3 (line 6 of in) failed: the row has 3 fields, the header has 2");
  assertStringIncludes(csv.stderr, "record 5 (line 8 of in) failed: the row is not CSV: a quote is never closed");
  assertEquals([tsv.code, tsv.results], [0, [{ a: "1", b: "2,3" }]]);
});

Deno.test("corral map writes CSV with the fields of the first result, lines, bytes, and an empty array when there is nothing", async () => {
  const [csv, lines, raw, none] = await mapInTurn([
    run(
      JOB,
      ndjson([{ a: 1, b: 'x "y", z' }, { b: { deep: [1] } }, { a: 2, c: 3 }, 7, { a: null, b: "é" }]),
      "--out",
      "csv",
    ),
    run(JOB, '"a"\n{"b":1}\n2\n', "--out", "lines"),
    run(`${JOB}#bytes`, "a\nüb\n", "--in", "lines", "--out", "raw"),
    run(JOB, "", "--out", "json"),
  ]);
  assertEquals(csv.stdout, 'a,b\n1,"x ""y"", z"\n,"{""deep"":[1]}"\n,é\n');
  // Results that do not fit fail.
  assertEquals(csv.code, 2);
  assertStringIncludes(
    csv.stderr,
    'record 3 (line 3 of in) failed: TypeError: Cannot write a row: the result has the field "c"',
  );
  assertEquals(lines.stdout, 'a\n{"b":1}\n2\n');
  assertEquals(raw.stdout, "AÜB");
  assertEquals([none.code, none.stdout], [0, "[]\n"]);
});

Deno.test("corral map reads files one after the other, never joining their last and first lines", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.ndjson`, "1\n2");
    await Deno.writeTextFile(`${folder}/b.ndjson`, "3\nx\n");
    const { code, results, stderr } = await mapByOne([JOB, "a.ndjson", "-", "b.ndjson", "-o", "out.ndjson"], {
      cwd: folder,
      stdin: "10",
    });
    assertEquals([code, results], [1, []]);
    assertEquals(await Deno.readTextFile(`${folder}/out.ndjson`), "1\n2\n10\n3\n");
    assertStringIncludes(stderr, "record 5 (line 2 of b.ndjson) failed");
  });
});
