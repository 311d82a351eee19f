import type { Batch } from "../records/batch.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import type { RowShape } from "../runner/tables/result_row.ts";
import { cellStyle } from "../runner/tables/table_cells.ts";

/** A batch as it goes to the output; records whose results cannot be written have become failures. */
export interface FormattedBatch {
  readonly batch: Batch;
  readonly bytes: Uint8Array;
}

/** Turns what workers sent into the bytes of the output. */
export interface ResultFormat {
  /** Whether it needs to know which bytes are whose. */
  readonly needsOutcomes: boolean;
  /** What workers can write rows by themselves by; `null` where there are none, or they are not known yet. */
  readonly rows: RowShape | null;
  format(batch: Batch): FormattedBatch;
  /** What stands at the end. */
  end(): Uint8Array;
}

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

/**
 * The format of a run; `resumed` is the beginning of an output that is gone on with, `heldColumns` are those of rows that wait to be written.
 */
export async function resultFormat(
  { output, columns, table, csvSafe }: Pick<CliMapOptions, "output" | "columns" | "table" | "csvSafe">,
  resumed: Uint8Array = NOTHING,
  heldColumns?: readonly string[] | null,
): Promise<ResultFormat> {
  if (output === "json") return new JsonArrayFormat(resumed.length > 0);
  if (output !== "csv" && output !== "tsv") return new PlainFormat();
  const { CsvFormat } = await import("./csv_format.ts");
  const isInputColumns = table !== undefined && !table.hasHeader;
  return new CsvFormat(
    {
      columns: isInputColumns ? null : columns,
      ...cellStyle(output, csvSafe),
    },
    resumed,
    heldColumns,
  );
}

/** Workers have written everything already. */
class PlainFormat implements ResultFormat {
  readonly needsOutcomes = false;
  readonly rows = null;

  format(batch: Batch): FormattedBatch {
    return { batch, bytes: batch.output };
  }

  end(): Uint8Array {
    return NOTHING;
  }
}

/** Workers write a comma before each result: the first one becomes a bracket. */
class JsonArrayFormat implements ResultFormat {
  readonly needsOutcomes = false;
  readonly rows = null;
  #hasBegun: boolean;

  constructor(hasBegun: boolean) {
    this.#hasBegun = hasBegun;
  }

  format(batch: Batch): FormattedBatch {
    const bytes = batch.output;
    if (!this.#hasBegun && bytes.length > 0) {
      bytes[0] = "[".charCodeAt(0);
      this.#hasBegun = true;
    }
    return { batch, bytes };
  }

  end(): Uint8Array {
    return encoder.encode(this.#hasBegun ? "\n]\n" : "[]\n");
  }
}
