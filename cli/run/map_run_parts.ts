import type { Inputs } from "../input/inputs.ts";
import type { EventStream } from "../observers/event_stream.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import type { Committer } from "../output/committer.ts";
import type { ResultFormat } from "../output/result_format.ts";
import type { Batch, WorkItem } from "../records/batch.ts";
import type { ReadLimits, RecordBlock } from "../records/record_block.ts";
import type { BlockPool } from "./block_pool.ts";
import type { Place } from "./reorder_buffer.ts";

/** Records that wait for a worker, and the place of their results. */
export interface Work {
  readonly block: RecordBlock;
  readonly place: Place<Batch>;
}

/** What a run reads from. */
export interface WorkSource extends Pick<Inputs, "release" | "records" | "bytes"> {
  /** Waits for what is next, up to so much; `undefined` at the end. */
  read(limits: ReadLimits): Promise<WorkItem | undefined>;
}

/** What a run is made of. */
export interface MapRunParts {
  readonly options: CliMapOptions;
  readonly inputs: WorkSource;
  readonly pool: BlockPool;
  readonly events: EventStream;
  readonly committer: () => Committer;
  readonly format: Pick<ResultFormat, "needsOutcomes" | "rows">;
  /** Keeps results that wait for records which this run does not finish; `undefined` where they are written all the same. */
  readonly hold?: ((batches: readonly Batch[]) => Promise<void>) | undefined;
}
