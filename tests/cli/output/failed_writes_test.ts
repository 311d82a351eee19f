// Unit and end-to-end: files and streams of a run that cannot be written, or not at once.
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { OutputError } from "../../../cli/errors/output_error.ts";
import { writeAll, writeResults } from "../../../cli/files/run_file.ts";
import { corral, inFolder, ndjson } from "../../helpers/programs/corral.ts";

const { BrokenPipe } = Deno.errors;

Deno.test("only who no longer reads the results themselves ends a run without an error", async () => {
  const gone = { write: () => Promise.reject(new BrokenPipe("gone")) };
  await assertRejects(() => writeResults(gone, "-", new Uint8Array(1)), BrokenPipe);
  const error = await assertRejects(() => writeAll(gone, "events", new Uint8Array(1)), OutputError);
  assertInstanceOf(error.cause, BrokenPipe);
});

Deno.test({
  name: "corral map says so when nobody reads its events any more, and does not exit with 0 in front of the end",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const pipe = `${folder}/events`;
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      const reader = new Deno.Command("head", { args: ["-c", "1", pipe], stdout: "null" }).spawn();
      const stdin = ndjson(Array.from({ length: 20_000 }, (_, n) => n));
      const { code, stderr } = await corral(["map", "-e", "(n) => n", "--events", pipe], { stdin });
      await reader.status;
      assertEquals([code, stderr.slice(-200)], [255, `corral: Cannot write ${pipe}: Broken pipe (os error 32)\n`]);
    }),
});
