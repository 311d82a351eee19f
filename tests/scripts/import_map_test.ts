// Unit test: the import map of `deno task test:jsr` says the same as deno.json.
import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import map from "../../jsr.import_map.json" with { type: "json" };

Deno.test("jsr.import_map.json has the imports and the exports of deno.json", () => {
  const own = Object.entries(config.exports).map(([name, file]) => [config.name + name.slice(1), file]);
  assertEquals<Record<string, string>>(map.imports, { ...Object.fromEntries(own), ...config.imports });
});
