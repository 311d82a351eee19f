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

Deno.test({
  name:
    "sourceHash() of an untrusted module opens no pipe, however it is named, and counts what its deno.json names in its folder",
  ignore: Deno.build.os === "windows",
  async fn() {
    const names = { own: "./lib/own.ts", "lib/": "./lib/", pipe: "./pipe.ts", outside: "../outside.ts" };
    await using folder = await ProjectFolder.make({
      "plug/job.ts": `import { own } from "own";
import { more } from "lib/more.ts";
import "./pipe.ts";
import "./%70ipe.ts";
import "./link.ts";
import "pipe";
import "lib/pipe.ts";
import "outside";
import "../outside.ts";
import "FOLDER/outside.ts";
/// <reference path="./pipe.ts" />
export default () => [own, more];`,
      "plug/deno.json": JSON.stringify({ imports: names }),
      "plug/lib/own.ts": "export const own = 1;",
      "plug/lib/more.ts": "export const more = 1;",
    });
    await folder.write({ "plug/job.ts": (await folder.read("plug/job.ts")).replace("FOLDER", folder.path) });
    const pipes = ["outside.ts", "plug/pipe.ts", "plug/lib/pipe.ts", "plug/package.json", "plug/.npmrc"];
    await new Deno.Command("mkfifo", { args: pipes, cwd: folder.path }).output();
    await new Deno.Command("ln", { args: ["-s", "../outside.ts", "plug/link.ts"], cwd: folder.path }).output();
    const hash = (name: string) =>
      sourceHash({ module: new URL(`file://${folder.path}/plug/${name}`), isUntrusted: true, permissions: "none" });
    const hashes = [await hash("job.ts")];
    await folder.write({ "plug/lib/own.ts": "export const own = 2;" });
    hashes.push(await hash("job.ts"));
    await folder.write({ "plug/lib/more.ts": "export const more = 2;" });
    hashes.push(await hash("job.ts"));
    assertEquals(new Set(hashes).size, 3);
    await hash("pipe.ts");
  },
});
