import { shown } from "../shown.ts";
import { EncodedValue } from "./encoded_value.ts";

/** What the owner's code threw, for those in other processes who asked for it: an error that shows it, if it cannot travel. */
export function travellingError(who: string, thrown: unknown): unknown {
  try {
    EncodedValue.abandon(EncodedValue.capture(thrown, true));
    return thrown;
  } catch {
    return new Error(`${who} threw ${shown(thrown)}`);
  }
}
