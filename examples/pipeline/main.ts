/**
 * What made money at the cinema? 3 201 films go through a pipeline of commands: filter and enrich, group, estimate.
 * `corral map` runs two of its steps in parallel; this file is the first step, and prints the films as lines of JSON.
 * Run it with `deno task example:pipeline`.
 * No step may do anything but compute; `corral` itself may start its workers, read this folder and its own settings.
 */
// deno-lint-ignore-file no-console
import "vega-datasets";

// Only a package that is imported as well, as above, resolves to the folder it lies in.
const url = new URL("../data/movies.json", import.meta.resolve("vega-datasets"));
const { default: films }: { default: unknown[] } = await import(url.href, { with: { type: "json" } });
for (const film of films) console.log(JSON.stringify(film));
