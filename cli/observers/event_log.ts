/** The event file of a run: one event as JSON on each line. All that a report shows comes from it. */

import type { RunEvent, RunObserver } from "../records/run_events.ts";
import { TextFile } from "../files/text_file.ts";

/** Makes the file, and an observer that writes every event to it as soon as it happens. */
export async function createEventLog(path: string): Promise<RunObserver> {
  const file = await TextFile.create(path);
  return {
    wantsRecords: true,
    wantsHashes: false,
    receive(events) {
      const text = events.filter(isLogged).map((event) => `${JSON.stringify(event)}\n`).join("");
      return text === "" ? undefined : file.write(text);
    },
    close: () => file.close(),
  };
}

/** Counts are left out: the records in the file say as much. */
function isLogged({ type }: RunEvent): boolean {
  return type !== "count";
}
