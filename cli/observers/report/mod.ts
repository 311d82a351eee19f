/** The report of a run: one page, made from its events alone. */

import type { RunObserver } from "../../records/run_events.ts";
import { TextFile } from "../../files/text_file.ts";
import { readEvents } from "./read_events.ts";
import { RunSummary } from "./run_summary.ts";

/** Makes the file, and an observer that draws the report into it when the run is over. */
export async function createReport(path: string): Promise<RunObserver> {
  const file = await TextFile.create(path);
  const summary = new RunSummary();
  return {
    wantsRecords: true,
    wantsHashes: false,
    receive(events) {
      for (const event of events) summary.take(event);
    },
    // Of a run that could not begin there is nothing to draw.
    close: () => summary.start === undefined ? file.close() : drawInto(file, summary),
  };
}

/** Draws the report of a run from its event file. */
export async function redrawReport(eventsPath: string, path: string): Promise<void> {
  const summary = new RunSummary();
  for await (const event of readEvents(eventsPath)) summary.take(event);
  await drawInto(await TextFile.create(path), summary);
}

async function drawInto(file: TextFile, summary: RunSummary): Promise<void> {
  try {
    const { reportPage } = await import("./page.ts");
    await file.write(await reportPage(summary));
  } finally {
    await file.close();
  }
}
