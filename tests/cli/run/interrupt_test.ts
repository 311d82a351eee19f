// End-to-end: Ctrl-C, and what is left running after `corral map`.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { corralArgs, corralCommand, inFolder } from "../../helpers/programs/corral.ts";
import { mapByOne } from "../../helpers/programs/in_turn.ts";
import { childrenOf, survivors } from "../../helpers/programs/processes.ts";

const JOB = new URL("../../fixtures/programs/map_records.ts", import.meta.url).pathname;
const TROUBLE = new URL("../../fixtures/programs/map_trouble.ts", import.meta.url).pathname;

/** Reads lines until `count` have come. */
async function takeLines(reader: ReadableStreamDefaultReader<string>, count: number): Promise<string> {
  let text = "";
  while (text.split("\n").length <= count) {
    const { value, done } = await reader.read();
    assert(!done, "it ended too early");
    text += value;
  }
  return text;
}

async function rest(reader: ReadableStreamDefaultReader<string>): Promise<string> {
  let text = "";
  for (let next = await reader.read(); !next.done; next = await reader.read()) text += next.value;
  return text;
}

Deno.test("corral map lets end what runs at the first Ctrl-C, logs it, and exits with 130", async () => {
  await inFolder(async (folder) => {
    const child = corralCommand(["map", `${JOB}#laterFirst`, "-j", "2", "--chunk", "1", "--joblog", `${folder}/log`])
      .spawn();
    const stderr = new Response(child.stderr).text();
    const results = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const writer = child.stdin.getWriter();
    // Its input never ends by itself.
    await writer.write(new TextEncoder().encode("1\n2\n" + "300\n".repeat(1000)));
    const first = await takeLines(results, 4);
    const workers = await childrenOf(child.pid);
    child.kill("SIGINT");
    const all = first + await rest(results);
    const { code } = await child.status;
    await writer.close().catch(() => {});
    assertEquals(code, 130, await stderr);
    const lines = all.trimEnd().split("\n");
    assert(lines.length < 100, `${lines.length} results`);
    assertEquals(lines.slice(0, 3), ["1", "2", "300"]);
    const log = (await Deno.readTextFile(`${folder}/log`)).trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(log.slice(1).map(({ sequence }) => sequence), lines.map((_, index) => index + 1));
    assertStringIncludes(await stderr, "again to stop at once");
    assertStringIncludes(await stderr, `${lines.length} records, 0 failed`);
    assertStringIncludes(await stderr, "interrupted; go on with --resume");
    assertEquals(await survivors(workers, 20_000), []);
  });
});

Deno.test("corral map ends at the first Ctrl-C when no worker has loaded the module: nothing runs that could end", async () => {
  await inFolder(async (folder) => {
    for (const top of ["await new Promise(() => setInterval(() => {}, 1000))", "while (true)"]) {
      const job = `${folder}/${top[0]}.ts`;
      await Deno.writeTextFile(job, `console.log("loading");\n${top};\nexport default (n: number) => n;\n`);
      const child = corralCommand(["map", job, "-j", "2", "-o", `${folder}/${top[0]}.out`]).spawn();
      const errors = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode("1\n2\n"));
      await writer.close();
      await takeLines(errors, 2);
      const workers = await childrenOf(child.pid);
      child.kill("SIGINT");
      assertStringIncludes(await rest(errors), "corral: interrupted, no record is being worked on\n");
      await child.stdout.cancel();
      assertEquals((await child.status).code, 130);
      assertEquals(await survivors(workers, 20_000), []);
    }
  });
});

Deno.test("corral map ends at once at the second Ctrl-C, and leaves nothing running", async () => {
  const child = corralCommand(["map", `${TROUBLE}#loopAtFive`, "-j", "2", "--chunk", "1"]).spawn();
  const errors = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const results = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("1\n2\n3\n4\n5\n5\n5\n5\n"));
  await takeLines(results, 4);
  const workers = await childrenOf(child.pid);
  assert(workers.length >= 2, `${workers}`);
  child.kill("SIGINT");
  const told = await takeLines(errors, 1);
  assertStringIncludes(told, "again to stop at once");
  child.kill("SIGINT");
  const { code } = await child.status;
  await Promise.all([rest(errors), rest(results)]);
  await writer.close().catch(() => {});
  assertEquals(code, 130);
  assertEquals(await survivors(workers, 20_000), []);
});

/** Unless there is a file data/go, all workers but one never load it, and all records but one never end. */
const TWO_WORKERS = `const never = () => new Promise(() => setInterval(() => {}, 1e6));
const make = (name: string) => Deno.openSync(new URL(\`data/\${name}\`, import.meta.url), { write: true, createNew: true }).close();
let goesOn = false;
try {
  make("first");
} catch {
  try {
    Deno.statSync(new URL("data/go", import.meta.url));
    goesOn = true;
  } catch {
    console.log("starts");
    await never();
  }
}
export default async (n: number) => {
  if (n === 1 || goesOn) return n;
  console.log("works");
  await never();
};
`;

Deno.test({
  name: "corral map blames no record where SIGTERM comes to its workers as well, and goes on with all of them later",
  // It has neither such a signal nor groups.
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const [job, input, out, log] = ["job.ts", "in", "out", "log"].map((name) => `${folder}/${name}`);
      await Deno.writeTextFile(job!, TWO_WORKERS);
      await Deno.writeTextFile(input!, "1\n2\n3\n");
      await Deno.mkdir(`${folder}/data`);
      const grants = [`--allow-read=${folder}/data`, `--allow-write=${folder}/data`];
      // With a limit for records, each is announced.
      const run = ["map", job!, input!, "-o", out!, "--joblog", log!, "--chunk", "1", "--timeout", "1h", ...grants];
      const args = corralArgs([...run, "-j", "2"], ["--allow-run"]);
      const child = new Deno.Command(Deno.execPath(), { args, stderr: "piped", detached: true }).spawn();
      const errors = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
      assertEquals((await takeLines(errors, 2)).trimEnd().split("\n").sort(), ["starts", "works"]);
      // As `timeout` does it, and systemd.
      Deno.kill(-child.pid, "SIGTERM");
      const told = await rest(errors);
      assertEquals((await child.status).code, 130, told);
      assertStringIncludes(told, "corral: 1 record, 0 failed, 1 result");
      await Deno.writeTextFile(`${folder}/data/go`, "");
      assertEquals((await mapByOne([...run.slice(1), "--resume"])).code, 0);
      assertEquals(await Deno.readTextFile(out!), "1\n2\n3\n");
    }),
});

/** As much as no pipe takes. */
const LONG = "(n) => { if (n === 0) console.log('e'.repeat(1e6)); else return 'x'.repeat(1e7); }";

Deno.test("corral map ends at the second Ctrl-C also where nobody reads its results, and logs nothing that was not written", async () => {
  await inFolder(async (folder) => {
    const log = `${folder}/log`;
    const child = corralCommand(["map", "-j", "1", "-e", LONG, "--joblog", log, "--report", `${folder}/report`])
      .spawn();
    const errors = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    const results = child.stdout.getReader();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("1\n"));
    await writer.close();
    // It has begun to write what the pipe cannot take, and nothing more is read.
    await results.read();
    child.kill("SIGINT");
    const told = await takeLines(errors, 1);
    child.kill("SIGINT");
    assertEquals((await child.status).code, 130);
    assertStringIncludes(
      told + await rest(errors),
      ", interrupted, the output took nothing more; go on with --resume\n",
    );
    await results.cancel();
    assertEquals((await Deno.readTextFile(log)).trimEnd().split("\n").length, 1);
    assertStringIncludes(await Deno.readTextFile(`${folder}/report`), "</html>");
  });
});

Deno.test("corral map ends when its time budget is used up also where nobody reads what it tells, or its results", async () => {
  await Promise.all(["0\n", "1\n"].map(async (record) => {
    const child = corralCommand(["map", "-j", "1", "-e", LONG, "--time-budget", "1s"]).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(record));
    await writer.close();
    assertEquals((await child.status).code, 124);
    await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
  }));
});
