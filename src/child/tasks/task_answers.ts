import { encode, type Encoded, encodeItems, type HandleCodec } from "../../wire/codec/codec.ts";
import { EncodingError } from "../../errors.ts";
import {
  type ChunkOutcomes,
  writeChunkErrors,
  writeChunkResult,
  writeError,
  writeResult,
} from "../../wire/messages/to_parent.ts";

/** Sends one message now. Throws PayloadTooLargeError, and then nothing was sent. */
export type SendFrame = (text: string, parts?: readonly Uint8Array[]) => void;

/** What is answered. */
export interface AnsweredTask {
  readonly id: number;
  /** There when its parent wants to know how long it took. */
  readonly trace?: string | undefined;
  /** When it began, if it did and its parent wants to know. */
  readonly startedAt: number | undefined;
}

/** Sends what became of tasks: for each exactly one message, whatever it was. */
export class TaskAnswers {
  readonly #send: SendFrame;
  readonly #handles: HandleCodec | undefined;
  readonly #now: () => number;

  /** @param now The clock that durations are measured by, in milliseconds. */
  constructor(send: SendFrame, handles: HandleCodec | undefined, now: () => number) {
    this.#send = send;
    this.#handles = handles;
    this.#now = now;
  }

  /** A call gave a value, which may turn out not to be one that can travel. */
  result(task: AnsweredTask, value: unknown): void {
    if (value === undefined && task.trace === undefined) return this.#send(writeResult(task.id, undefined));
    try {
      const encoded = encode(value, this.#handles);
      this.#send(writeResult(task.id, encoded, this.#durationOf(task)), encoded.parts);
    } catch (error) {
      this.error(task, error);
    }
  }

  /** A call threw, or a task could not be run. */
  error(task: AnsweredTask, error: unknown): void {
    try {
      this.#sendThrown(task, encodeThrown(error, this.#handles));
    } catch (tooLarge) {
      this.#sendThrown(task, encode(tooLarge));
    }
  }

  /** A chunk has been worked through, or to its first error. */
  chunk(task: AnsweredTask, outcomes: ChunkOutcomes, durationMs: number): void {
    const duration = inMicroseconds(durationMs);
    try {
      if (outcomes.errors.length > 0) return this.#sendChunkErrors(task, duration, outcomes);
      const values = encodeItems(outcomes.values, this.#handles);
      this.#send(writeChunkResult(task.id, duration, values), values.parts);
    } catch (error) {
      if (!(error instanceof EncodingError)) return this.error(task, error);
      this.#sendEncodable(task, duration, withoutUnencodable(outcomes, this.#handles));
    }
  }

  #sendChunkErrors(task: AnsweredTask, durationMs: number, outcomes: ChunkOutcomes): void {
    const encoded = encode(outcomes, this.#handles);
    this.#send(writeChunkErrors(task.id, durationMs, encoded), encoded.parts);
  }

  #sendEncodable(task: AnsweredTask, durationMs: number, outcomes: ChunkOutcomes): void {
    try {
      this.#sendChunkErrors(task, durationMs, outcomes);
    } catch (error) {
      // Together they are too large, or nested too deep.
      this.error(task, error);
    }
  }

  #sendThrown(task: AnsweredTask, error: Encoded): void {
    this.#send(writeError(task.id, error, this.#durationOf(task)), error.parts);
  }

  /** How long the task took, if its parent wants to know. */
  #durationOf({ startedAt }: AnsweredTask): number | undefined {
    return startedAt === undefined ? undefined : inMicroseconds(this.#now() - startedAt);
  }
}

/** Encodes what a task threw, or the error that says why it cannot travel. */
export function encodeThrown(error: unknown, handles: HandleCodec | undefined): Encoded {
  try {
    return encode(error, handles);
  } catch (encodingError) {
    return encode(ofThrown(encodingError), handles);
  }
}

/** The reader of this error has not returned anything: it says that the value was thrown. */
function ofThrown(error: unknown): unknown {
  if (!(error instanceof EncodingError)) return error;
  const message = error.message.replace("Cannot send ", "Cannot send what the task threw, throw an Error instead: ");
  return new EncodingError(message, error.path, { cause: error.cause });
}

/** As exact as the clock: more digits would only make the message longer. */
function inMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function encodableThrown(error: unknown, handles: HandleCodec | undefined): unknown {
  try {
    encode(error, handles);
    return error;
  } catch (encodingError) {
    return ofThrown(encodingError);
  }
}

function withoutUnencodable(outcomes: ChunkOutcomes, handles: HandleCodec | undefined): ChunkOutcomes {
  const errors = new Map(outcomes.errors.map(([index, error]) => [index, encodableThrown(error, handles)]));
  const values = outcomes.values.map((value, index) => {
    try {
      encode(value, handles);
      return value;
    } catch (error) {
      errors.set(index, error);
    }
  });
  return { values, errors: [...errors].sort(([a], [b]) => a - b) };
}
