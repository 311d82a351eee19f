// Unit: records are found whatever the pieces are that their bytes come in.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { JsonRecordReader } from "../../../cli/input/json_records.ts";
import { LineRecordReader } from "../../../cli/input/line_records.ts";
import { TableRecordReader } from "../../../cli/input/table_records.ts";
import { type InvalidRecord, isFull, type RecordReader } from "../../../cli/records/record_block.ts";
import { recordTexts } from "../../../cli/runner/block_text.ts";
import { windowOf } from "../../helpers/simulated/byte_pieces.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

interface Found {
  readonly text: string;
  readonly line: number;
}

/** What a worker finds in the blocks, with the lines and the bytes that the command finds; `invalid` for rejects. */
async function readAll(
  reader: RecordReader,
  limit: number,
  delimiter: "\n" | "\0",
  skipBlank: boolean,
): Promise<Found[]> {
  const found: Found[] = [];
  for (let sequence = 1;;) {
    const item = await reader.read({ records: limit, bytes: 100, batch: 1 }, sequence);
    if (item === undefined) return found;
    if ("invalid" in item) {
      found.push({ text: "invalid", line: item.invalid.line });
      sequence++;
      continue;
    }
    const { block } = item;
    assertEquals(block.firstSequence, sequence);
    const texts = recordTexts(block.payload, delimiter, skipBlank);
    for (let offset = 0; offset < block.count; offset++) {
      assertEquals(texts.next(), true);
      const own = recordTexts(block.part(offset, offset + 1).payload, delimiter, skipBlank);
      assertEquals([own.next(), own.text, own.next()], [true, texts.text, false]);
      found.push({ text: texts.text!, line: block.line(offset) });
    }
    assertEquals(texts.next(), false);
    sequence += block.count;
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const limit = fc.integer({ min: 1, max: 20 });
const text = fc.string({
  unit: fc.constantFrom("a", "é", " ", "\t", "\r", "\n", "\n", '"', "x".repeat(30)),
  maxLength: 40,
});

Deno.test("LineRecordReader.read() finds the lines, and which lines are long, in pieces of any size", async () => {
  await fc.assert(fc.asyncProperty(text, sizes, limit, fc.boolean(), async (input, pieces, records, skipBlank) => {
    const format = { input: "-", delimiter: 10, skipBlank, maxRecordBytes: 50, skippedLines: 0 };
    const reader = new LineRecordReader(windowOf(encoder.encode(input), pieces), format);
    const lines = input.split("\n");
    if (lines.at(-1) === "") lines.pop();
    const expected = lines.map((line, at) => ({ text: line, line: at + 1 }))
      .filter(({ text }) => !skipBlank || !/^[ \t\r]*$/.test(text))
      .map((one) => encoder.encode(one.text).length > 50 ? { ...one, text: "invalid" } : one);
    assertEquals(await readAll(reader, records, "\n", skipBlank), expected);
  }));
});

Deno.test("JsonRecordReader.read() finds the elements of an array, in any layout and in pieces of any size", async () => {
  const layout = fc.constantFrom(undefined, 1, "\t");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { maxLength: 8 }),
      layout,
      sizes,
      limit,
      async (values, space, pieces, records) => {
        const input = JSON.stringify(values, null, space);
        const reader = new JsonRecordReader(windowOf(encoder.encode(input), pieces), {
          input: "-",
          maxRecordBytes: 1e6,
        });
        const found = await readAll(reader, records, "\n", true);
        assertEquals(found.map(({ text }) => JSON.parse(text)), JSON.parse(JSON.stringify(values)));
        for (const { text, line } of found) {
          const start = text.trim().slice(0, 1);
          assertEquals(input.split("\n")[line - 1]!.includes(start), true);
        }
      },
    ),
  );
});

Deno.test("JsonRecordReader.read() skips an element that is too long, and goes on behind it", async () => {
  const input = `["${"x".repeat(300)}", [1,\n2], "short"]`;
  const reader = new JsonRecordReader(windowOf(encoder.encode(input), [7]), { input: "-", maxRecordBytes: 100 });
  assertEquals(await readAll(reader, 5, "\n", true), [
    { text: "invalid", line: 1 },
    { text: "[1, 2]", line: 1 },
    { text: '"short"', line: 2 },
  ]);
});

Deno.test("LineRecordReader.read() gives the bytes of records as they stand", async () => {
  const reader = new LineRecordReader(windowOf(encoder.encode(" 1\r\n\n2"), [3]), {
    input: "-",
    delimiter: 10,
    skipBlank: true,
    maxRecordBytes: 50,
    skippedLines: 0,
  });
  const records: string[] = [];
  for (let item; (item = await reader.read({ records: 9, bytes: 99, batch: 1 }, 1)) !== undefined;) {
    if ("block" in item) {
      for (let at = 0; at < item.block.count; at++) records.push(decoder.decode(item.block.record(at)));
    }
  }
  assertEquals(records, [" 1\r", "2"]);
});

Deno.test("What is kept of a record that is too long is its own beginning, whatever the pieces are", async () => {
  const input = '"1234567890", "abc", "x"\n"next line", 1\n';
  const limits = { records: 9, bytes: 99, batch: 1 };
  const line = { input: "-", delimiter: 10, skipBlank: true, maxRecordBytes: 20, skippedLines: 0 };
  const table = {
    input: "-",
    dialect: { delimiter: ";", quote: null, comments: null },
    hasHeader: false,
    columns: null,
    skippedLines: 0,
    maxRecordBytes: 20,
    warn: () => {},
  };
  const cases: [open: (pieces: number[]) => RecordReader, kept: string][] = [
    [(pieces) => new LineRecordReader(windowOf(encoder.encode(input), pieces), line), '"1234567890", "abc", '],
    [(pieces) => new TableRecordReader(windowOf(encoder.encode(input), pieces), table), '"1234567890", "abc", '],
    [
      (pieces) =>
        new JsonRecordReader(windowOf(encoder.encode(`[${input}]`), pieces), { input: "-", maxRecordBytes: 8 }),
      '"12345678',
    ],
  ];
  for (const [open, kept] of cases) {
    for (const pieces of [[1], [7], [23], [1000]]) {
      const item = await open(pieces).read(limits, 1);
      const { start, isTruncated } = (item as { invalid: InvalidRecord }).invalid;
      assertEquals([decoder.decode(start), isTruncated], [kept, true], `in pieces of ${pieces}`);
    }
  }
});

Deno.test("readers of lines and rows end where an input has fewer lines than are passed over", async () => {
  const common = { input: "-", maxRecordBytes: 100, skippedLines: Number.MAX_SAFE_INTEGER };
  const window = () => windowOf(encoder.encode("a\nb\n"), [1]);
  const limits = { records: 9, bytes: 9, batch: 1 };
  const lines = new LineRecordReader(window(), { ...common, delimiter: 10, skipBlank: true });
  assertEquals(await lines.read(limits, 1), undefined);
  const dialect = { delimiter: ",", quote: '"', comments: null };
  const rows = new TableRecordReader(window(), { ...common, dialect, hasHeader: true, columns: null, warn: () => {} });
  assertEquals(await rows.read(limits, 1), undefined);
});

Deno.test("a block ends where a message is full, though its batch is not", () => {
  const limits = { records: 1e6, bytes: 1e6, batch: 1e6 };
  assertEquals([1, 33].map((mib) => isFull(limits, 1000, mib * 1024 * 1024)), [false, true]);
});

Deno.test("JsonRecordReader.read() tells a place where an array is broken by the same, whatever of what follows is there", async () => {
  const marks = [];
  for (const pieces of [[100], [1]]) {
    const reader = new JsonRecordReader(windowOf(encoder.encode("[1 2, 3]"), pieces), {
      input: "-",
      maxRecordBytes: 50,
    });
    await reader.read({ records: 1, bytes: 100, batch: 1 }, 1);
    const item = await reader.read({ records: 1, bytes: 100, batch: 1 }, 2);
    marks.push((item as { invalid: InvalidRecord }).invalid.mark);
  }
  assertEquals(marks, [encoder.encode("2"), encoder.encode("2")]);
});
