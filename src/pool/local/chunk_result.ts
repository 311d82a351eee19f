import { ProtocolError } from "../../errors.ts";
import type { ChunkOutcomes } from "../../wire/messages/to_parent.ts";
import type { ChunkMode } from "../backend.ts";

/** Checks what a worker says of a chunk. Throws ProtocolError. */
export function checkedOutcomes(value: unknown, chunk: ChunkMode | undefined): ChunkOutcomes {
  const { values, errors } = (value ?? {}) as ChunkOutcomes;
  const size = chunk?.size;
  const stoppedEarly = chunk?.stopOnError === true && errors?.length > 0;
  const complete = Array.isArray(values) && (values.length === size || (stoppedEarly && values.length < size!));
  if (!complete || !Array.isArray(errors) || !errors.every(isIndexedError)) {
    throw new ProtocolError("a chunk's answer does not fit the chunk");
  }
  return { values, errors };
}

function isIndexedError(entry: unknown): boolean {
  return Array.isArray(entry) && entry.length === 2 && Number.isSafeInteger(entry[0]);
}
