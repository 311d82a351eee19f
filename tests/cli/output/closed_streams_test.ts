// End-to-end: what is printed where nobody can read it is not lost without a word.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { corralArgs, type CorralOutcome, inFolder } from "../../helpers/programs/corral.ts";
import { corralInTurn } from "../../helpers/programs/in_turn.ts";

/** Only there it can be known, by a command that may look. */
const isElsewhere = Deno.build.os !== "linux";
const RUN = ["map", "-q", "-j", "1", "-e", "(n) => n * 2"];

/** Runs the command in a shell, with `redirection` behind it. */
async function inShell(args: readonly string[], redirection: string): Promise<[code: number, stderr: string]> {
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", `echo 1 | "$0" "$@" ${redirection}; exit $?`, Deno.execPath(), ...corralArgs(args, ["-A"])],
    stdout: "piped",
  }).output();
  return [code, new TextDecoder().decode(stderr)];
}

Deno.test({
  name: "corral map ends before it begins when its results would go to a stdout that was closed",
  ignore: isElsewhere,
  fn: () =>
    inFolder(async (folder) => {
      const log = `${folder}/log`;
      const [code, stderr] = await inShell([...RUN, "--joblog", log], ">&-");
      assertEquals(code, 255);
      assertEquals(
        stderr,
        "corral: Cannot write stdout: it is closed, wanted one that is open, or -o FILE; -o /dev/null where none are wanted\n",
      );
      for (const flags of ["-o /dev/stdout", "-o /dev/fd/1", `-o ${folder}/out --rejects /proc/self/fd/1`]) {
        assertEquals(await inShell([...RUN, ...flags.split(" ")], ">&-"), [code, stderr], flags);
      }
      await Deno.stat(log).then(() => Promise.reject(new Error("it has begun")), () => {});
      assertEquals(await inShell(RUN, "> /dev/null"), [0, ""]);
      assertEquals(await inShell([...RUN, "-o", `${folder}/out`], ">&-"), [0, ""]);
      assertEquals(await Deno.readTextFile(`${folder}/out`), "2\n");
    }),
});

Deno.test({
  name: "a stdout of /dev/null that a program opened for reading as well gets a note, since that may be meant",
  ignore: isElsewhere,
  fn: async () => {
    // No shell is left that could have closed it: what started the command is this test.
    const args = ["-c", 'exec "$0" "$@" 1<> /dev/null', Deno.execPath(), ...corralArgs(RUN, ["-A"])];
    const { code, stderr } = await new Deno.Command("sh", { args }).output();
    assertEquals(
      [code, new TextDecoder().decode(stderr)],
      [
        0,
        "corral: results go nowhere, stdout is closed or was opened as /dev/null by another program; -o /dev/null says that it is meant\n",
      ],
    );
  },
});

Deno.test({
  name: "corral says of all that it prints when it cannot be written",
  ignore: isElsewhere,
  fn: async () => {
    const printed = ["--help", "--version", "help formats", "completion bash", "completion --help", "report --help"];
    const lines = [...printed, "map --help", "map --dry-run -e 1"];
    const print = (redirection: string): Promise<CorralOutcome[]> =>
      corralInTurn(lines.map((line) => line.split(" ")), { allow: ["-A"], redirection });
    for (const [at, { code, stderr }] of (await print(">&-")).entries()) {
      const fault = "corral: Cannot write stdout: it is closed, wanted one that is open\n";
      assertEquals([code, stderr], [255, fault], lines[at]);
    }
    for (const [at, { code, stderr }] of (await print("> /dev/full")).entries()) {
      assertEquals(code, 255, lines[at]);
      assertStringIncludes(stderr, "corral: Cannot write stdout: No space left on device");
    }
  },
});

Deno.test({
  name: "corral map ends before it begins when its records would come from a stdin that was closed",
  ignore: isElsewhere,
  fn: () =>
    inFolder(async (folder) => {
      const out = `${folder}/out`;
      await Deno.writeTextFile(out, "mine");
      const run = [...RUN, "-o", out, "--force"];
      for (const files of [[], ["-"]]) {
        assertEquals(await inShell([...run, ...files], "<&-"), [
          255,
          "corral: Cannot read stdin: it is closed, wanted one that is open, or FILES; < /dev/null where there are no records\n",
        ]);
        assertEquals(await Deno.readTextFile(out), "mine");
      }
      // As Python's DEVNULL, which means that there are none: no shell is left that could have closed it.
      const args = ["-c", 'exec "$0" "$@" 0<> /dev/null', Deno.execPath(), ...corralArgs(RUN, ["-A"])];
      assertEquals((await new Deno.Command("sh", { args }).output()).code, 0);
      assertEquals(await inShell(run, "< /dev/null"), [0, ""]);
      await Deno.writeTextFile(`${folder}/in`, "1\n");
      assertEquals(await inShell([...run, `${folder}/in`], "<&-"), [0, ""]);
    }),
});
