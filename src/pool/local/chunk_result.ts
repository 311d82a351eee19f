import { ProtocolError } from "../../errors.ts";
import type { ChunkOutcomes } from "../../wire/messages/to_parent.ts";
import type { ChunkMode } from "../backend.ts";

/** Checks what a worker says of a chunk. Throws ProtocolError. */
export function checkedOutcomes(value: unknown, chunk: ChunkMode | undefined): ChunkOutcomes {
  const { values, errors } = (value ?? {}) as ChunkOutcomes;
  const size = chunk?.size;
  const stoppedEarly = chunk?.stopOnError === true && errors?.length > 0;
  const complete = Array.isArray(values) && (values.length === size || (stoppedEarly && values.length < size!));
  if (!complete || !Array.isArray(errors) || !areErrorsOf(values, errors)) {
    throw new ProtocolError("a chunk's answer does not fit the chunk");
  }
  return { values, errors };
}

/** Whether each error is of an item that was run, in their order: there are no more errors than items. */
function areErrorsOf(values: readonly unknown[], errors: readonly unknown[]): boolean {
  let last = -1;
  return errors.every((entry) => {
    if (!Array.isArray(entry) || entry.length !== 2) return false;
    const [index] = entry as [unknown];
    if (typeof index !== "number" || !Number.isInteger(index) || index <= last || index >= values.length) return false;
    last = index;
    return true;
  });
}
