// Unit test: what is released together has one version.
import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { findVersions } from "../../scripts/check_version.ts";

Deno.test("findVersions() finds every place with another version than a tag has", async () => {
  assertEquals(await findVersions(`v${config.version}`), []);
  const faults = await findVersions("v9.8.7");
  for (const place of ["src/wire/version.ts has", "deno.json has", "cli/deno.json has", "cli/deno.json imports"]) {
    assertEquals(faults.filter((fault) => fault.startsWith(place)).length, 1, place);
  }
});
