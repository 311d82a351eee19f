// Unit: what is a row, and what are its fields, in pieces of any size and batches of any number; beside a reader of one loop.
import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { TableRecordReader } from "../../../cli/input/table_records.ts";
import type { RecordReader } from "../../../cli/records/record_block.ts";
import { blockRecords } from "../../../cli/runner/block_records.ts";
import type { RunnerSettings } from "../../../cli/runner/protocol.ts";
import type { TableDialect } from "../../../cli/runner/tables/row_cursor.ts";
import { splitRow } from "../../../cli/runner/tables/table_row.ts";
import { windowOf } from "../../helpers/simulated/byte_pieces.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const CSV: TableDialect = { delimiter: ",", quote: '"', comments: null };
const TSV: TableDialect = { delimiter: "\t", quote: null, comments: null };

interface Row {
  readonly fields: unknown;
  readonly line: number;
}

function readerOf(input: string, dialect: TableDialect, pieces: readonly number[], more: object = {}): RecordReader {
  return new TableRecordReader(windowOf(encoder.encode(input), pieces), {
    input: "-",
    dialect,
    hasHeader: false,
    columns: null,
    skippedLines: 0,
    maxRecordBytes: 1e6,
    warn: () => {},
    ...more,
  });
}

/** The rows as workers read them, with the lines that the command tells. A fault is a text. */
async function readAll(reader: RecordReader, dialect: TableDialect, limits = { records: 9, batch: 1 }): Promise<Row[]> {
  const settings = { input: "table", delimiter: "\n", table: { dialect, infers: false } } as RunnerSettings;
  const rows: Row[] = [];
  for (;;) {
    const item = await reader.read({ bytes: 100, ...limits }, rows.length + 1);
    if (item === undefined) return rows;
    if ("invalid" in item) {
      rows.push({ fields: item.invalid.message, line: item.invalid.line });
      continue;
    }
    const { block } = item;
    assertEquals(block.firstSequence, rows.length + 1);
    const read = (bytes: Uint8Array, count: number) => {
      const records = blockRecords(bytes, settings, block.source.columns ?? null);
      const all = Array.from({ length: count }, () => {
        assertEquals(records.next(), true);
        try {
          return records.value();
        } catch (error) {
          return (error as Error).message;
        }
      });
      assertEquals(records.next(), false);
      return all;
    };
    const fields = read(block.payload, block.count);
    for (let offset = 0; offset < block.count; offset++) {
      // The same when a part of the block is handed out again, and when the record alone is.
      assertEquals(read(block.part(offset, block.count).payload, block.count - offset), fields.slice(offset));
      assertEquals(read(block.record(offset), 1), [fields[offset]]);
      rows.push({ fields: fields[offset], line: block.line(offset) });
    }
  }
}

/** The same in one loop over characters, for input without faults. */
function simpleRows(text: string, { delimiter, quote, comments }: TableDialect): Row[] {
  const rows: Row[] = [];
  let line = 1;
  for (let at = 0; at < text.length;) {
    const begins = line;
    const start = at;
    if (comments !== null && text.startsWith(comments, at)) {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end + 1;
      line++;
      continue;
    }
    const fields: string[] = [""];
    let state: "begin" | "plain" | "quoted" | "closed" = "begin";
    for (; at < text.length; at++) {
      const one = text[at]!;
      if (one === "\n" && state !== "quoted") break;
      if (one === "\n") line++;
      if (state === "quoted") {
        if (one !== quote) fields[fields.length - 1] += one;
        else if (text[at + 1] === quote) fields.push(fields.pop()! + text[++at]!);
        else state = "closed";
      } else if (one === quote && state === "begin") state = "quoted";
      else if (one === delimiter) {
        fields.push("");
        state = "begin";
      } else if (one === "\r" && /^\r+(\n|$)/.test(text.slice(at))) {
        // A part of the line break.
      } else if (state !== "closed") {
        fields[fields.length - 1] += one;
        state = "plain";
      }
    }
    const isEmpty = text.slice(start, at).replace(/\r+$/, "") === "";
    if (!isEmpty) rows.push({ fields, line: begins });
    line++;
    at++;
  }
  return rows;
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const limit = fc.integer({ min: 1, max: 20 });
const lineEnd = fc.constantFrom("\n", "\r\n", "\r\r\n");
const plain = fc.string({ unit: fc.constantFrom("a", "é", " ", "x".repeat(30)), maxLength: 4 });
const inner = fc.string({ unit: fc.constantFrom("a", "é", ",", "\n", '""', " "), maxLength: 8 });
const field = fc.oneof(
  plain,
  inner.map((text) => `"${text}"`),
  inner.map((text) => `"${text}" `),
  plain.map((text) => `a${text}"`),
);
const row = fc.oneof(
  { weight: 4, arbitrary: fc.array(field, { minLength: 1, maxLength: 4 }).map((fields) => fields.join(",")) },
  { weight: 1, arbitrary: plain.map((text) => `# ${text}`) },
);
const table = fc.array(fc.tuple(row, lineEnd), { maxLength: 12 }).map((rows) => rows.flat().join(""));

Deno.test("TableRecordReader.read() finds the rows of CSV as a simple reader does, in any pieces and batches", async () => {
  const comments = fc.constantFrom(null, "#");
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.boolean(),
      sizes,
      limit,
      limit,
      comments,
      async (text, isCut, pieces, records, batch, comments) => {
        const input = isCut ? text.replace(/\r*\n$/, "") : text;
        const dialect = { ...CSV, comments };
        const found = await readAll(readerOf(input, dialect, pieces), dialect, {
          records: Math.ceil(records / batch) * batch,
          batch,
        });
        assertEquals(found, simpleRows(input, dialect));
      },
    ),
  );
});

Deno.test("TableRecordReader.read() takes lines that end in two carriage returns and a line feed, and parts of them, for rows", async () => {
  const rows = await readAll(readerOf('1,a\r\r\n\r\r\n2,"b"\r\r\n\r\r\n', CSV, [100]), CSV);
  assertEquals(rows, [{ fields: ["1", "a"], line: 1 }, { fields: ["2", "b"], line: 3 }]);
});

Deno.test("TableRecordReader.read() takes quotes in TSV for what they are", async () => {
  const cell = fc.string({ unit: fc.constantFrom("a", '"', "é", ",", " "), maxLength: 6 });
  const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), { maxLength: 9 });
  await fc.assert(fc.asyncProperty(rows, sizes, async (values, pieces) => {
    const input = values.map((row) => row.join("\t") + "\n").join("");
    assertEquals((await readAll(readerOf(input, TSV, pieces), TSV)).map(({ fields }) => fields), values);
  }));
});

Deno.test("TableRecordReader.read() hands on whole batches, whatever the pieces are, and what is left at the end", async () => {
  const input = Array.from({ length: 10 }, (_, at) => `${at},x\n`).join("");
  const counts = async (pieces: number[], limits: object) => {
    const reader = readerOf(input, CSV, pieces);
    const counts: number[] = [];
    for (;;) {
      const item = await reader.read({ records: 8, bytes: 1, batch: 4, ...limits }, 1);
      if (item === undefined) return counts;
      if ("block" in item) counts.push(item.block.count);
    }
  };
  assertEquals(await counts([1], {}), [4, 4, 2]);
  assertEquals(await counts([1000], { bytes: 1000 }), [8, 2]);
});

Deno.test("TableRecordReader.read() gives up one line for a quote that is never closed, and rows that are too long", async () => {
  const open = await readAll(readerOf('1,a\n2,"b\n3,c\n4,d\n', CSV, [3]), CSV);
  assertEquals(open, [
    { fields: ["1", "a"], line: 1 },
    { fields: "the row is not CSV: a quote is never closed", line: 2 },
    { fields: ["3", "c"], line: 3 },
    { fields: ["4", "d"], line: 4 },
  ]);
  const long = "x".repeat(300);
  for (const batch of [1, 5]) {
    const reader = readerOf(`\n1,a\n\n2,${long}\n3,c\n`, CSV, [7], { maxRecordBytes: 100 });
    assertEquals(await readAll(reader, CSV, { records: 5, batch }), [
      { fields: ["1", "a"], line: 2 },
      { fields: "the row is longer than 100 bytes, see --max-record", line: 4 },
      { fields: ["3", "c"], line: 5 },
    ]);
  }
});

Deno.test("TableRecordReader.read() names columns without a name, and the second of a name, as csvkit does", async () => {
  const cases: [header: string, names: string[], warnings: number][] = [
    ["id,,", ["id", "b", "c"], 2],
    ["a,a,a", ["a", "a_2", "a_3"], 2],
    ["b,,b_2,b", ["b", "b_3", "b_2", "b_4"], 2],
    ['c,"",', ["c", "b", "c_2"], 2],
    ["__proto__,x", ["__proto__", "x"], 0],
  ];
  for (const [header, names, count] of cases) {
    const warnings: string[] = [];
    const row = names.map((_, at) => at).join(",");
    const reader = readerOf(`\uFEFF${header}\n${row}\n`, CSV, [2], {
      hasHeader: true,
      warn: (text: string) => warnings.push(text),
    });
    const [found] = await readAll(reader, CSV);
    const fields = found!.fields as Record<string, string>;
    assertEquals(Object.keys(fields), names);
    assertEquals(Object.values(fields), names.map((_, at) => `${at}`));
    assertEquals(warnings.length, count, warnings.join());
  }
});

Deno.test("TableRecordReader.read() refuses a header that it cannot read, and asks for another delimiter", async () => {
  const refuse = async (input: string, fault: string) => {
    await assertRejects(() => readAll(readerOf(input, CSV, [5], { hasHeader: true }), CSV), Error, fault);
  };
  await refuse('a,"b\n1,2\n', "Cannot read the header of stdin: a quote is never closed");
  await refuse("a,b\r1,2\r", "there is a carriage return in it");
  const warnings: string[] = [];
  const reader = readerOf("a;b\n1;2\n", CSV, [5], { hasHeader: true, warn: (text: string) => warnings.push(text) });
  await readAll(reader, CSV);
  assertEquals(warnings, ["the header of stdin has one column, \"a;b\": is --delimiter ';' wanted?"]);
});

Deno.test("TableRecordReader.read() passes over lines in front of the table", async () => {
  const reader = readerOf("# exported 1 May\n\na,b\n1,2\n", CSV, [4], { hasHeader: true, skippedLines: 2 });
  assertEquals(await readAll(reader, CSV), [{ fields: { a: "1", b: "2" }, line: 4 }]);
});

Deno.test("rows that are not UTF-8 fail alone", async () => {
  const bytes = encoder.encode("1,é\n2,X\n3,c\n");
  bytes[bytes.indexOf(88)] = 0xE9;
  const reader = new TableRecordReader(windowOf(bytes, [4]), {
    input: "-",
    dialect: CSV,
    hasHeader: false,
    columns: null,
    skippedLines: 0,
    maxRecordBytes: 100,
    warn: () => {},
  });
  const item = await reader.read({ records: 9, bytes: 100, batch: 9 }, 1);
  const { block } = item as Extract<typeof item, { block: unknown }>;
  assertEquals(decoder.decode(block.record(0)), "1,é");
  const settings = { input: "table", delimiter: "\n", table: { dialect: CSV, infers: false } } as RunnerSettings;
  const records = blockRecords(block.payload, settings, null);
  const values: unknown[] = [];
  while (records.next()) {
    try {
      values.push(records.value());
    } catch (error) {
      values.push((error as Error).message.slice(0, 32));
    }
  }
  assertEquals(values, [["1", "é"], "the record is not UTF-8, wanted ", ["3", "c"]]);
});

Deno.test("splitRow() takes a blank behind a closing quote for the delimiter where it is one", () => {
  assertEquals(splitRow('"GET / HTTP" 200 "x" "y"', { delimiter: " ", quote: '"', comments: null }), [
    "GET / HTTP",
    "200",
    "x",
    "y",
  ]);
  assertEquals(splitRow('"a"  ,b', CSV), ["a", "b"]);
});
