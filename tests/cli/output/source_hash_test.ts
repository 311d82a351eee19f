/** Unit tests of the hash by which a joblog knows its function, with `deno info`. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { sourceHash } from "../../../cli/joblog/source_hash.ts";
import { ProjectFolder } from "../../helpers/programs/project_folder.ts";

Deno.test("sourceHash() of an untrusted module counts its own files, and reads nothing else that it names", async () => {
  await using folder = await ProjectFolder.make({
    "plug/job.ts": `import { own } from "./own.ts";
import outside from "../outside.txt" with { type: "text" };
import elsewhere from "/" with { type: "text" };
import folder from "./lib" with { type: "text" };
export default () => [own, outside, elsewhere, folder];`,
    "plug/own.ts": "export const own = 1;",
    "plug/lib/data.txt": "",
    "outside.txt": "1",
  });
  const module = new URL(`file://${folder.path}/plug/job.ts`);
  const hash = () => sourceHash({ module, isUntrusted: true, permissions: "none" });
  const first = await hash();
  await folder.write({ "outside.txt": "2" });
  assertEquals(await hash(), first);
  await folder.write({ "plug/own.ts": "export const own = 2;" });
  assertNotEquals(await hash(), first);
});
