/** What answers a request that cannot have its answer. */
import { PayloadTooLargeError } from "../../errors.ts";
import { encode, type Encoded } from "../../wire/codec/codec.ts";
import { cancellation } from "../wait_queue.ts";

let cancelledText: Encoded | undefined;

/** What answers a request that was given up: nobody looks at it any more. */
export function cancelled(): Encoded {
  return cancelledText ??= encode(cancellation());
}

/** What is late, large and not read. */
export function unread(bytes: number): RangeError {
  const mebibytes = Math.round(bytes / 1024 / 1024);
  return new RangeError(
    `Cannot answer: earlier answers of ${mebibytes} MiB were not read; the call was carried out, await some before you make more`,
  );
}

/** The one who asked has not sent anything, and what it asked for is where it was. */
export function undelivered(error: unknown): unknown {
  if (!(error instanceof PayloadTooLargeError)) return error;
  const { message, byteLength, limitBytes } = error;
  const advice = '"maxFrameBytes" of the pool or process of the worker, or take it in the process that made the object';
  return new PayloadTooLargeError(`${message}; nothing was taken, raise ${advice}`, byteLength, limitBytes);
}
