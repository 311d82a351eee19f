// Unit and end-to-end: files and streams of a run that cannot be written, or not at once.
import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { OutputError } from "../../../cli/errors/output_error.ts";
import { writeAll, writeResults } from "../../../cli/files/run_file.ts";
import { corral, corralArgs, inFolder, ndjson } from "../../helpers/programs/corral.ts";
import { mapByOne } from "../../helpers/programs/in_turn.ts";

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
      const { code, stderr } = await mapByOne(["-e", "(n) => n", "--events", pipe], { stdin });
      await reader.status;
      assertEquals([code, stderr.slice(-200)], [255, `corral: Cannot write ${pipe}: Broken pipe (os error 32)\n`]);
    }),
});

Deno.test("corral map ends a trace as its format wants also where its rejects cannot be written to their end", async () => {
  await inFolder(async (folder) => {
    const trace = `${folder}/trace.json`;
    // No file can be made beside it, since its name would be too long: there, the lines that still hold are to be written.
    const rejects = `${folder}/${"r".repeat(250)}`;
    const args = ["--rejects", rejects, "--joblog", `${folder}/log`, "--trace", trace];
    const stdin = ndjson([1, 2]);
    assertEquals((await mapByOne(["-e", "() => { throw 1; }", ...args], { stdin })).code, 2);
    const again = ["-e", "(n) => { if (n === 2) throw 1; }", ...args, "--resume-failed", "--force"];
    const { code, stderr } = await mapByOne(again, { stdin });
    assertEquals(code, 255);
    assertStringIncludes(stderr, "name too long");
    JSON.parse(await Deno.readTextFile(trace));
  });
});

Deno.test({
  name: "corral map loses no reject where its joblog cannot be written to its end",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const [input, log, bad] = [`${folder}/in`, `${folder}/log`, `${folder}/bad`];
      await Deno.writeTextFile(input, ndjson(Array.from({ length: 20 }, (_, n) => n)));
      const args = ["-q", "-e", "() => { throw 1; }", input, "--joblog", log, "--rejects", bad];
      await mapByOne([...args, "--chunk", "1", "--halt", "now,fail=1"]);
      const more = [...args, "--chunk", "100", "--resume"];
      // No file grows beyond 4 KiB: half of the lines that are written at once find room in the joblog.
      const script = `trap '' XFSZ; ulimit -f 8; exec "$@"`;
      const command = [
        "-c",
        script,
        "sh",
        Deno.execPath(),
        ...corralArgs(["map", "-j", "1", ...more], ["--allow-run"]),
      ];
      const { code, stderr } = await new Deno.Command("sh", { args: command }).output();
      assertEquals(code, 255);
      assertStringIncludes(new TextDecoder().decode(stderr), `corral: Cannot write ${log}: File too large`);
      assertEquals((await mapByOne(more)).code, 20);
      const rejects = (await Deno.readTextFile(bad)).trim().split("\n").map((line) => JSON.parse(line).record);
      assertEquals(rejects.map(Number).sort((one, other) => one - other), Array.from({ length: 20 }, (_, n) => n));
    }),
});

Deno.test("corral map changes no file where the port of --dashboard is taken", async () => {
  await inFolder(async (folder) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    const out = `${folder}/out`;
    await Deno.writeTextFile(out, "mine");
    const args = ["map", "-e", "(n) => n", "-o", out, "--force", `--dashboard=${port}`];
    const { code, stderr } = await corral(args, { stdin: "1\n", allow: ["--allow-net=127.0.0.1"] });
    assertEquals([code, await Deno.readTextFile(out)], [255, "mine"]);
    assertStringIncludes(stderr, `corral: Cannot use ${port} as --dashboard: `);
  });
});

Deno.test("corral map ends a trace as its format wants also where the run cannot begin", async () => {
  await inFolder(async (folder) => {
    const files = ["--trace", `${folder}/trace.json`, "--report", `${folder}/report.html`];
    const args = [
      "map",
      "-e",
      "(n) => n",
      "--cluster",
      "redis://127.0.0.1:1",
      "--secret-file",
      `${folder}/none`,
      ...files,
    ];
    const { code, stderr } = await corral(args, { stdin: "1\n", allow: ["-A"] });
    assertEquals(code, 255);
    assertStringIncludes(stderr, "corral: Cannot read the file of --secret-file: ");
    JSON.parse(await Deno.readTextFile(files[1]!));
    assertEquals(await Deno.readTextFile(files[3]!), "");
  });
});

Deno.test({
  name: "corral map --batch calls its function with no list twice where a disk is full amid what is logged of it",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const [input, log, out] = [`${folder}/in`, `${folder}/log`, `${folder}/out`];
      await Deno.writeTextFile(input, ndjson(Array.from({ length: 100 }, (_, n) => n + 1)));
      const sum = "(list) => list.reduce((one, other) => one + other, 0)";
      const args = ["map", "-q", "-j", "1", "--batch", "50", "-e", sum, input, "-o", out, "--joblog", log];
      const script = `trap '' XFSZ; ulimit -f 8; exec "$@"`;
      const command = ["-c", script, "sh", Deno.execPath(), ...corralArgs(args, ["--allow-run"])];
      assertEquals((await new Deno.Command("sh", { args: command }).output()).code, 255);
      const { code, stderr } = await corral([...args, "--resume"], { allow: ["--allow-run"] });
      assertEquals([code, await Deno.readTextFile(out)], [0, "1275\n3775\n"], stderr);
    }),
});
