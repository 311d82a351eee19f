import type { EncodingError } from "../../errors.ts";
import { movedTo } from "../../wire/unsendable.ts";
import type { ChunkEncoding } from "../requests.ts";
import type { JobHost } from "./job_host.ts";

/**
 * Encodes a chunk. While a large one is encoded, workers that wait for an earlier one go on to get it: a pipe holds little, and what it holds is read
 * in less time than it takes to encode as much. Returns nothing when an item cannot travel: submitting it throws the error.
 *
 * See `docs/decisions/handing_out.md`.
 */
export function encodeChunk(
  host: JobHost,
  items: readonly unknown[],
): ChunkEncoding | undefined | Promise<ChunkEncoding | undefined> {
  const encoding = host.encodeChunk(items);
  return advanced(encoding) ? encoding.isDone ? encoding : finish(host, encoding) : undefined;
}

async function finish(host: JobHost, encoding: ChunkEncoding): Promise<ChunkEncoding | undefined> {
  while (!encoding.isDone) {
    await host.backend.fed?.();
    if (!advanced(encoding)) return undefined;
  }
  return encoding;
}

function advanced(encoding: ChunkEncoding): boolean {
  try {
    if (!encoding.isDone) encoding.advance();
    return true;
  } catch {
    return false;
  }
}

/** The error with the item's place in the whole input, instead of in its chunk. */
export function atItem(error: EncodingError, start: number): EncodingError {
  const path = error.path.replace(/^\$\[(\d+)\]/, (_, index) => `$[${start + Number(index)}]`);
  return movedTo(path, error);
}
