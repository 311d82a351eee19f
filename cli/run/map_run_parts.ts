import type { Inputs } from "../input/inputs.ts";
import type { EventStream } from "../observers/event_stream.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import type { Committer } from "../output/committer.ts";
import type { ResultFormat } from "../output/result_format.ts";
import type { Batch } from "../records/batch.ts";
import type { RecordBlock } from "../records/record_block.ts";
import type { BlockPool } from "./block_pool.ts";
import type { Lane } from "./lanes.ts";

/** Records that wait for a worker, and the place of their results. */
export interface Work {
  readonly block: RecordBlock;
  readonly lane: Lane<Batch>;
}

/** What a run is made of. */
export interface MapRunParts {
  readonly options: CliMapOptions;
  readonly inputs: Pick<Inputs, "read" | "release" | "records" | "bytes">;
  readonly pool: BlockPool;
  readonly events: EventStream;
  readonly committer: () => Committer;
  readonly format: Pick<ResultFormat, "needsOutcomes" | "rows">;
}
