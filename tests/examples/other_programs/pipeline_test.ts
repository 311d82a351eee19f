// End-to-end: the pipeline, run as a user runs it.
import { assert, assertEquals } from "@std/assert";
import type { Film } from "../../../examples/pipeline/enrich.ts";
import "vega-datasets";

const ROOT = new URL("../../../", import.meta.url);

Deno.test("deno task example:pipeline prints a row for each genre, with all of its films", async () => {
  const url = new URL("../data/movies.json", import.meta.resolve("vega-datasets"));
  const { default: films }: { default: Film[] } = await import(url.href, { with: { type: "json" } });
  const counts = new Map<string, number>();
  for (const { "Production Budget": cost, "Worldwide Gross": gross, "Major Genre": genre } of films) {
    if (cost && gross && genre !== null) counts.set(genre, (counts.get(genre) ?? 0) + 1);
  }

  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "example:pipeline"],
    cwd: ROOT,
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  const [header, ...rows] = new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => line.split(","));
  assertEquals(header, ["genre", "films", "median", "low", "high"]);
  assertEquals(new Map(rows.map(([genre, films]) => [genre, Number(films)])), counts);
  for (const [genre, , median, low, high] of rows) {
    assert(Number(low) <= Number(median) && Number(median) <= Number(high), genre);
  }
});
