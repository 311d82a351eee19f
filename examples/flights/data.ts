import "vega-datasets";
import type { Hour } from "./stats.ts";

interface Flight {
  delay: number;
  /** Of departure, in hours with a fraction. */
  time: number;
}

/** The flights by hour of departure. They are imported, not read: that takes no permission. */
export async function loadHours(): Promise<Hour[]> {
  // Only a package that is imported as well, as above, resolves to the folder it lies in.
  const url = new URL("../data/flights-200k.json", import.meta.resolve("vega-datasets"));
  const { default: flights }: { default: Flight[] } = await import(url.href, { with: { type: "json" } });
  const byHour = Map.groupBy(flights, ({ time }) => Math.floor(time));
  return [...byHour].map(([hour, group]) => ({ hour, delays: Float64Array.from(group, ({ delay }) => delay) }));
}
