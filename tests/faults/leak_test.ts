/** End-to-end tests that nothing piles up: descriptors, memory and processes of a program with many short workers. */
import { assert, assertEquals } from "@std/assert";
import { LIBRARY } from "../helpers/programs/packages.ts";
import { childrenOf, descriptorsOf, until } from "../helpers/programs/processes.ts";

interface Report {
  rss: number;
  /** Of the heap and beside it, behind a collection of garbage. */
  held: number;
  workers: number;
  descriptors: number;
  children: number;
}

/** How often each round does it. The first two fill the program's own caches; what piles up is looked for in the last. */
const KILLS = [4, 4, 8];
const POOLS = [6, 6, 10];

for (
  const [mode, what, rounds] of [["kill", "32 killed workers", KILLS], ["pools", "22 short pools", POOLS]] as const
) {
  Deno.test({
    name: `Pool leaves no descriptor, process or memory behind after ${what}`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      const args = [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-config",
        "--no-lock",
        "--allow-run",
        "--allow-read",
        "--v8-flags=--expose-gc",
        import.meta.resolve("../fixtures/programs/short_pools.ts"),
        mode,
        LIBRARY,
      ];
      const program = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" }).spawn();
      const lines = program.stdout.pipeThrough(new TextDecoderStream()).getReader();
      const writer = program.stdin.getWriter();
      assertEquals((await lines.read()).value, "ready\n");
      const reports: Report[] = [];
      for (const count of rounds) {
        await writer.write(new TextEncoder().encode(`${count}\n`));
        const { rss, held, workers } = JSON.parse((await lines.read()).value!) as Report;
        // Two workers and the reaper; replacements may still be starting.
        await until(async () => (await childrenOf(program.pid)).length <= 3, 20_000);
        const children = (await childrenOf(program.pid)).length;
        reports.push({ rss, held, workers, descriptors: await descriptorsOf(program.pid), children });
      }
      await writer.close();
      assertEquals((await program.status).code, 0);
      await lines.cancel();
      const [before, last] = reports.slice(-2) as [Report, Report];
      const table = JSON.stringify(reports);
      assert(last.children <= 3, table);
      assert(last.descriptors <= before.descriptors + 3, table);
      assert(last.held < before.held + 2 ** 18, table);
      assert(last.rss < before.rss * 1.15, table);
    },
  });
}
