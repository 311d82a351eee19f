import type { Sealer } from "../message/letter.ts";
import { claimsOf, type Parcel } from "../message/parcel.ts";
import { decodeParcel } from "./outcome_reader.ts";

/** Tells a progress value that an agent has signed. What is forged or broken is dropped: progress is only shown. */
export function readProgress(sealer: Sealer, jobId: string, letter: unknown, tell: (value: unknown) => void): void {
  const text = sealer.open("progress", letter);
  if (text === undefined) return;
  const { id, value } = JSON.parse(text) as { id: string; value: Parcel };
  if (id !== jobId) return;
  let decoded: unknown;
  try {
    if (claimsOf(value).length > 0) return;
    decoded = decodeParcel(value, new Map());
  } catch {
    return;
  }
  tell(decoded);
}
