import { ProtocolError } from "../errors.ts";
import type { ChunkOutcomes } from "../wire/messages/to_parent.ts";
import type { Task } from "./task.ts";

/** What a chunk's task resolves with. */
export interface ChunkResult extends ChunkOutcomes {
  /** How long the items took in the child. */
  readonly durationMs: number;
}

/** Checks what a worker says of a chunk. Throws ProtocolError. */
export function checkedOutcomes(value: unknown, durationMs: unknown, task: Task | undefined): ChunkOutcomes {
  const { values, errors } = (value ?? {}) as ChunkOutcomes;
  const size = task?.chunk?.size;
  const stoppedEarly = task?.chunk?.stopOnError === true && errors?.length > 0;
  const complete = Array.isArray(values) && (values.length === size || (stoppedEarly && values.length < size!));
  if (!complete || !Array.isArray(errors) || typeof durationMs !== "number" || !errors.every(isIndexedError)) {
    throw new ProtocolError("a chunk's answer does not fit the chunk");
  }
  return { values, errors };
}

function isIndexedError(entry: unknown): boolean {
  return Array.isArray(entry) && entry.length === 2 && Number.isSafeInteger(entry[0]);
}
