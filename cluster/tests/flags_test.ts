// Unit: the command line of an agent.
import { assertEquals, assertThrows } from "@std/assert";
import { agentHelp, readAgentFlags, UsageError } from "../src/agent/flags.ts";

const NEEDED = ["--redis", "redis://h:1", "--secret-file", "k"];
const read = (...args: string[]) =>
  readAgentFlags([...NEEDED, ...args], (name) => name === "HOME" ? "/home" : undefined)!;

Deno.test("readAgentFlags() fills in the defaults: workers may do nothing", () => {
  const flags = read("./tasks.ts");
  assertEquals([flags.module, flags.permissions, flags.deny, flags.jobs], ["./tasks.ts", "none", {}, undefined]);
  assertEquals([flags.drainMs, flags.lockMs, flags.leaseMs, flags.resultTtlMs], [30_000, 10_000, 15_000, 3_600_000]);
  assertEquals([flags.aofCheck, flags.allowInline, flags.group], [true, false, "default"]);
});

Deno.test("readAgentFlags() reads permissions as Deno does: a list behind =, or all", () => {
  const flags = read("--allow-read=./a,./b", "--allow-read=./c", "--allow-net", "--deny-net=evil.example", "tasks.ts");
  assertEquals(flags.permissions, { read: ["./a", "./b", "./c"], net: true });
  assertEquals([flags.deny, flags.module], [{ net: ["evil.example"] }, "tasks.ts"]);
});

Deno.test("readAgentFlags() reads times, variables and counts", () => {
  const flags = read("-j", "4", "--drain", "1.5m", "--lock=500ms", "--env", "A=b=c", "--env=HOME", "--no-aof-check");
  assertEquals([flags.jobs, flags.drainMs, flags.lockMs, flags.aofCheck], [4, 90_000, 500, false]);
  assertEquals(flags.env, { A: "b=c", HOME: "/home" });
  assertEquals(read("--lease", "1000.5ms").leaseMs, 1001);
  assertEquals([read("-j3").jobs, read("-j=3").jobs, read("--name=--trace").name], [3, 3, "--trace"]);
  assertEquals(read("--jobs", "50%").jobs, Math.max(1, Math.round(navigator.hardwareConcurrency / 2)));
});

for (
  const [args, wanted] of [
    [["--jbos", "2"], "there is no such flag"],
    [["--drain", "soon"], "a time like 500ms"],
    [["--drain", "1000h"], "less than 596h"],
    [["--jobs", "0"], "at least 1"],
    [["-jx"], 'Cannot use "x" as --jobs'],
    [
      ["--group", "--trace"],
      "Cannot read --group: it has no value, --trace is a flag; --group=--trace says that it is meant",
    ],
    [["--code-version", "--allow-read=./data"], "Cannot read --code-version: it has no value, --allow-read is a flag"],
    [["--name", "-j4"], "Cannot read --name: it has no value, --jobs is a flag"],
    [["--allow-net", "example.com", "tasks.ts"], "Cannot serve 2 modules (example.com, tasks.ts): one is wanted"],
    [["--group", "a b"], "as a group"],
    [["--memory-limit", "256M"], 'Cannot use "256M" as --memory-limit: a whole number of MiB is wanted, at least 16'],
    [["--memory-limit", "15"], 'Cannot use "15" as --memory-limit'],
    [["--code-version", "a/b"], 'Cannot use "a/b" as --code-version: 1 to 64'],
    [["--name"], "it has no value"],
    [
      ["--allow-read="],
      "Cannot read --allow-read=: its value is empty, wanted --allow-read=READ, or --allow-read alone",
    ],
    [["--deny-net="], "Cannot read --deny-net=: its value is empty"],
    [["--allow-inline=false"], "Cannot read --allow-inline=false: it is a switch and takes no value"],
    [["--env", "MISSING"], "it is not set here"],
    [["a.ts", "b.ts"], "start one agent for each"],
  ] as const
) {
  Deno.test(`readAgentFlags() refuses ${args.join(" ")}`, () => {
    assertThrows(() => read(...args), UsageError, wanted);
  });
}

Deno.test("readAgentFlags() names what is missing, and --help lists every flag", () => {
  assertThrows(() => readAgentFlags(["tasks.ts"], () => undefined), UsageError, "--redis is missing");
  assertEquals(readAgentFlags(["--help"], () => undefined), undefined);
  for (const flag of ["--redis", "--allow-read", "--deny-run", "--drain", "--lock", "--no-aof-check"]) {
    assertEquals(agentHelp().includes(`  ${flag}`), true);
  }
});
