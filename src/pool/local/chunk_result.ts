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

/** The parts of answers that do not fit into one message, until the rest has come. Each value in one is that of an item of the chunk. */
export class AnswerParts {
  readonly #outcomes = new Map<number, ChunkOutcomes>();

  /** Keeps a part. Throws ProtocolError for one that cannot be of this chunk. */
  keep(taskId: number, part: unknown, chunk: ChunkMode | undefined): void {
    const { values, errors } = (part ?? {}) as Partial<ChunkOutcomes>;
    const kept = this.#outcomes.get(taskId) ?? { values: [], errors: [] };
    const isSound = Array.isArray(values) && Array.isArray(errors) && values.length > 0 &&
      errors.length <= values.length;
    if (!isSound || kept.values.length + values.length > (chunk?.size ?? 0)) {
      throw new ProtocolError("a part of a chunk's answer does not fit the chunk");
    }
    for (const value of values) kept.values.push(value);
    for (const error of errors) kept.errors.push(error);
    this.#outcomes.set(taskId, kept);
  }

  /** What a worker says of a chunk, with the parts that came before. They are kept no longer. */
  join(taskId: number, rest: unknown): unknown {
    const kept = this.#outcomes.get(taskId);
    if (kept === undefined) return rest;
    this.drop(taskId);
    const { values, errors } = (rest ?? {}) as Partial<ChunkOutcomes>;
    if (!Array.isArray(values) || !Array.isArray(errors)) return rest;
    return { values: kept.values.concat(values), errors: kept.errors.concat(errors) };
  }

  /** Forgets the parts of an answer. */
  drop(taskId: number): void {
    this.#outcomes.delete(taskId);
  }
}
