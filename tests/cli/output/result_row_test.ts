// Unit: a worker writes the same rows as the program does from JSON, and the program takes both.
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { CsvFormat } from "../../../cli/output/csv_format.ts";
import { resultFormat } from "../../../cli/output/result_format.ts";
import type { Batch, Outcome } from "../../../cli/records/batch.ts";
import { RecordBlock } from "../../../cli/records/record_block.ts";
import { ResultBuffer } from "../../../cli/runner/result_buffer.ts";
import { cellsOf } from "../../../cli/runner/tables/result_row.ts";
import { cellStyle } from "../../../cli/runner/tables/table_cells.ts";

const decoder = new TextDecoder();
const NOTHING = new Uint8Array(0);
const COLUMNS = ["a", "b"];

const RESULTS: Record<string, unknown> = {
  "text that needs quotes": { a: 'x,"y"\n', b: " z" },
  "numbers, also those that JSON has not": { a: -0.5e-9, b: NaN },
  "words": { a: true, b: null },
  "a field that is not there, and one that is undefined": { b: undefined },
  "a date, and an object": { a: new Date(0), b: { c: [1] } },
  "big integers": { a: 2n ** 70n, b: 1 },
  "something with toJSON": { toJSON: () => ({ a: 1, b: 2 }) },
  "an instance of a class": new (class {
    a = 1;
    get b() {
      return 2;
    }
  })(),
  "what an object inherits": Object.create({ a: 1, b: 2 }),
  "a list, with a hole": [1, , "x"],
  "a list with a function": [() => 1, "x"],
  "a formula": { a: "=1+1", b: "-5" },
  "nothing but an empty cell": [""],
  "too much": { a: 1, c: 2 },
  "no fields": [],
  "a list that lacks a cell": [1],
  "a list with a cell too many": [1, 2, 3],
  "a number": 7,
  "a line break alone": "\n",
};

function batchOf(output: Uint8Array, hasRows: boolean): Batch {
  const source = { input: "-", payload: () => NOTHING, record: () => NOTHING, line: () => 1 };
  const block = new RecordBlock(source, { from: 0, to: 1, firstSequence: 1 });
  const outcome: Outcome = {
    offset: 0,
    outcome: "ok",
    attempt: 1,
    startedAt: 0,
    durationMs: 0,
    results: 1,
    bytes: output.length,
  };
  return { block, done: 1, results: 1, output, hasRows, outcomes: [outcome], retries: [], slot: 0, pid: 1 };
}

for (const csvSafe of [false, true]) {
  for (const [what, value] of Object.entries(RESULTS)) {
    Deno.test(`a worker writes the same row as the program${csvSafe ? ", --csv-safe" : ""}: ${what}`, async () => {
      const options = { output: "csv", columns: COLUMNS, table: undefined, csvSafe } as const;
      const format = async () => await resultFormat(options) as CsvFormat;
      const json = new ResultBuffer({ output: "ndjson", tagged: false }, null);
      json.add(value);
      const there = (await format()).format(batchOf(json.take(), false));
      const [{ error, bytes: size } = { error: undefined, bytes: 0 }] = there.batch.outcomes;
      const cells = cellStyle("csv", csvSafe);
      const rows = new ResultBuffer({ output: "ndjson", tagged: false, cells }, { columns: COLUMNS, isFixed: true });
      let fault: string | undefined;
      try {
        rows.add(value);
      } catch (cause) {
        fault = (cause as Error).message;
      }
      assertEquals(fault, error?.message);
      const here = (await format()).format(batchOf(rows.take(), true));
      assertEquals(decoder.decode(here.bytes), decoder.decode(there.bytes));
      // Where the output ends behind a record must count the header in both.
      if (fault === undefined) assertEquals(here.batch.outcomes[0]!.bytes, size);
    });
  }
}

Deno.test("cellsOf() has a list fit the columns of the header, as an object has to", () => {
  for (const isFixed of [true, false]) {
    const shape = { columns: COLUMNS, isFixed };
    assertEquals(cellsOf([1, 2], shape), [1, 2]);
    assertEquals(cellsOf([1], shape), [1, undefined]);
    assertThrows(() => cellsOf([1, 2, 3], shape), TypeError, "the result has 3 cells, and the output 2 columns");
  }
  assertEquals(cellsOf([1, 2, 3], { columns: null, isFixed: false }), [1, 2, 3]);
});

Deno.test("cellsOf() shows no more of a result that is not a row than an error has room for", () => {
  const error = assertThrows(() => cellsOf("x".repeat(1e6), { columns: null, isFixed: false }), TypeError);
  assert(error.message.length < 300, `${error.message.length} characters`);
});

Deno.test("the program makes no row of a result that would cost it much more memory than its text", async () => {
  const format = await resultFormat({ output: "csv", columns: null, table: undefined, csvSafe: false });
  const json = (value: string) => new TextEncoder().encode(`{"a":1}\n${value}\n`);
  const { batch, bytes } = format.format(batchOf(json(`{"a":[${"{},".repeat(1e6)}{}]}`), false));
  assertEquals([batch.outcomes[0]!.error?.message, bytes.length], [
    "Cannot write a row: the result has more than 1000000 values",
    0,
  ]);
  // Nothing of it has begun the table.
  const next = format.format(batchOf(json('{"a":"2,[{"}'), false));
  assertEquals(decoder.decode(next.bytes), 'a\n1\n"2,[{"\n');
});
