import { TaskTimeoutError } from "../../../src/errors.ts";
import type { ChunkResult, TaskRequest } from "../../../src/pool/backend.ts";
import { decode, encode } from "../../../src/wire/codec/codec.ts";

type Call = (...args: unknown[]) => unknown;

/**
 * Runs a request in this process: functions by their text, in which `task.progress()` calls `onProgress`, and built-ins of Math. Values are
 * copied, as between processes.
 */
export async function outcomeOf(
  request: TaskRequest,
  onProgress: (value: unknown) => void,
): Promise<{ value: unknown } | { error: unknown }> {
  const { payload, chunk, function: spec } = request;
  try {
    const call = (spec.kind === "source"
      ? new Function("task", `return (${spec.source})`)({
        progress: (value: unknown) => onProgress(copied(value)),
      })
      : Reflect.get(Math, spec.name.replace("Math.", ""))) as Call;
    const args = decode(JSON.parse(payload.text), payload.tagged, [...payload.parts]) as unknown[];
    return { value: chunk === undefined ? copied(await call(...args)) : await chunkResult(call, args, request) };
  } catch (error) {
    return { error };
  }
}

/** The error for a task that ran too long. */
export function timeoutError(timeoutMs: number): TaskTimeoutError {
  return new TaskTimeoutError(`The task ran longer than its ${timeoutMs} ms and was stopped`, timeoutMs);
}

async function chunkResult(call: Call, items: readonly unknown[], { chunk }: TaskRequest): Promise<ChunkResult> {
  const values: unknown[] = [];
  const errors: [number, unknown][] = [];
  const startedAt = performance.now();
  for (const [index, item] of items.entries()) {
    try {
      values.push(copied(await (chunk!.spread ? call(...item as unknown[]) : call(item))));
    } catch (error) {
      errors.push([index, error]);
      values.push(undefined);
      if (chunk!.stopOnError) break;
    }
  }
  return { values, errors, durationMs: performance.now() - startedAt };
}

function copied(value: unknown): unknown {
  const { text, tagged, parts } = encode(value);
  return decode(JSON.parse(text), tagged, [...parts]);
}
