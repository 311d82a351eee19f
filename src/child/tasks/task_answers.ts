import { encode, type Encoded, encodeToSend, type HandleCodec } from "../../wire/codec/codec.ts";
import { encodeItems } from "../../wire/codec/items_encoder.ts";
import { giveBack } from "../../wire/codec/line_writer.ts";
import { isPlainPrimitive } from "../../wire/codec/plain.ts";
import { notSending, sayingWhat } from "../../wire/unsendable.ts";
import { EncodingError, PayloadTooLargeError } from "../../errors.ts";
import { describeOpenHandle } from "../../hub/handle_collector.ts";
import {
  type ChunkOutcomes,
  writeChunkErrors,
  writeChunkResult,
  writeError,
  writePart,
  writeProgress,
  writeResult,
} from "../../wire/messages/to_parent.ts";

/** Sends one message now: when it returns, all has left. Throws PayloadTooLargeError, and then nothing was sent. */
export type SendFrame = (text: string, parts?: readonly Uint8Array[]) => void;

/** How the handles in messages pass to the parent, and from it. */
export interface ParentHandles {
  readonly handles: HandleCodec;
  /** Has `send` encode a value and send it: then the parent may use the handles in it. When `send` throws, it was sent nothing. */
  exportSent(send: (handles: HandleCodec) => void): void;
}

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
  readonly #shared: ParentHandles | undefined;
  readonly #now: () => number;

  /** @param now The clock that durations are measured by, in milliseconds. */
  constructor(send: SendFrame, shared: ParentHandles | undefined, now: () => number) {
    this.#send = send;
    this.#shared = shared;
    this.#now = now;
  }

  /** A value of a task that runs. Throws EncodingError or PayloadTooLargeError, and then nothing was sent. */
  progress(task: AnsweredTask, value: unknown): void {
    this.#sendValue((handles) => {
      const encoded = encode(value, handles);
      this.#send(writeProgress(task.id, encoded), encoded.parts);
    });
  }

  /** A call gave a value, which may turn out not to be one that can travel. */
  result(task: AnsweredTask, value: unknown): void {
    if (value === undefined && task.trace === undefined) return this.#send(writeResult(task.id, undefined));
    try {
      // There can be no handles in it.
      if (isPlainPrimitive(value)) this.#sendResult(task, value, undefined);
      else this.#sendValue((handles) => this.#sendResult(task, value, handles));
    } catch (error) {
      this.error(task, ofReturned(error));
    }
  }

  /** A call threw, or a task could not be run. */
  error(task: AnsweredTask, error: unknown): void {
    try {
      this.#sendValue((handles) => this.#sendThrown(task, encodeThrown(error, handles)));
    } catch (tooLarge) {
      this.#sendThrown(task, encode(ofThrown(tooLarge)));
    }
  }

  /** A chunk has been worked through, or to its first error. */
  chunk(task: AnsweredTask, outcomes: ChunkOutcomes, durationMs: number): void {
    const duration = inMicroseconds(durationMs);
    try {
      if (outcomes.errors.length > 0) return this.#sendChunkErrors(task, duration, outcomes);
      this.#sendValue((handles) => {
        const values = encodeItems(outcomes.values, handles);
        this.#send(writeChunkResult(task.id, duration, values), values.parts);
        giveBack(values.parts);
      });
    } catch (error) {
      if (error instanceof PayloadTooLargeError) return this.#sendInParts(task, duration, outcomes);
      if (!(error instanceof EncodingError)) return this.error(task, error);
      this.#sendEncodable(task, duration, withoutUnencodable(outcomes));
    }
  }

  #sendResult(task: AnsweredTask, value: unknown, handles: HandleCodec | undefined): void {
    const encoded = encodeToSend(value, handles);
    this.#send(writeResult(task.id, encoded, this.#durationOf(task)), encoded.parts);
    giveBack(encoded.parts);
  }

  #sendChunkErrors(task: AnsweredTask, durationMs: number, outcomes: ChunkOutcomes): void {
    this.#sendValue((handles) => {
      const encoded = encode(outcomes, handles);
      this.#send(writeChunkErrors(task.id, durationMs, encoded), encoded.parts);
    });
  }

  #sendEncodable(task: AnsweredTask, durationMs: number, outcomes: ChunkOutcomes): void {
    try {
      this.#sendChunkErrors(task, durationMs, outcomes);
    } catch (error) {
      // Together they are too large, or nested too deep.
      if (error instanceof PayloadTooLargeError) this.#sendInParts(task, durationMs, outcomes);
      else this.error(task, error);
    }
  }

  /** Each item has an outcome of its own: only one that is too large by itself fails by that. */
  #sendInParts(task: AnsweredTask, durationMs: number, { values, errors }: ChunkOutcomes): void {
    const failed = new Map(errors);
    const send = (start: number, end: number): void => {
      const part: ChunkOutcomes = { values: values.slice(start, end), errors: [] };
      for (let at = start; at < end; at++) if (failed.has(at)) part.errors.push([at, failed.get(at)]);
      try {
        this.#sendValue((handles) => {
          const encoded = encode(part, handles);
          this.#send(writePart(task.id, encoded), encoded.parts);
        });
      } catch (error) {
        const middle = (start + end) >> 1;
        if (middle === start) return sendFailure(start, failed.has(start) ? ofThrown(error) : ofReturned(error));
        send(start, middle);
        send(middle, end);
      }
    };
    const sendFailure = (at: number, error: unknown): void => {
      const part: ChunkOutcomes = { values: [undefined], errors: [[at, error]] };
      const encoded = encode(part);
      this.#send(writePart(task.id, encoded), encoded.parts);
    };
    send(0, values.length);
    this.#sendChunkErrors(task, durationMs, { values: [], errors: [] });
  }

  #sendThrown(task: AnsweredTask, error: Encoded): void {
    this.#send(writeError(task.id, error, this.#durationOf(task)), error.parts);
  }

  #sendValue(send: (handles: HandleCodec | undefined) => void): void {
    if (this.#shared === undefined) send(undefined);
    else this.#shared.exportSent(send);
  }

  /** How long the task took, if its parent wants to know. */
  #durationOf({ startedAt }: AnsweredTask): number | undefined {
    return startedAt === undefined ? undefined : inMicroseconds(this.#now() - startedAt);
  }
}

/** For what is only tried: nothing is sent. */
const TRIED: HandleCodec = {
  encode: describeOpenHandle,
  decode() {
    throw new TypeError("Nothing is decoded here");
  },
};

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
  return toldOf(error, "what the task threw", ", throw an Error instead");
}

/** The reader of this error has sent arguments: it says that they are not meant, and so that the task has run. */
function ofReturned(error: unknown): unknown {
  return toldOf(error, "what the task returned");
}

function toldOf(error: unknown, value: string, advice = ""): unknown {
  if (!(error instanceof EncodingError)) return sayingWhat(error, value);
  return notSending(value + advice, error);
}

/** As exact as the clock: more digits would only make the message longer. */
function inMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function encodableThrown(error: unknown): unknown {
  try {
    encode(error, TRIED);
    return error;
  } catch (encodingError) {
    return ofThrown(encodingError);
  }
}

function withoutUnencodable(outcomes: ChunkOutcomes): ChunkOutcomes {
  const errors = new Map(outcomes.errors.map(([index, error]) => [index, encodableThrown(error)]));
  const values = outcomes.values.map((value, index) => {
    try {
      encode(value, TRIED);
      return value;
    } catch (error) {
      errors.set(index, ofReturned(error));
    }
  });
  return { values, errors: [...errors].sort(([a], [b]) => a - b) };
}
