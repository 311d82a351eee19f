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

const ROUNDS = 3;

for (const [mode, what] of [["kill", "48 killed workers"], ["pools", "36 short pools"]] as const) {
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
      for (let round = 0; round < ROUNDS; round++) {
        await writer.write(new TextEncoder().encode("\n"));
        const { rss, held, workers } = JSON.parse((await lines.read()).value!) as Report;
        // Two workers and the reaper; replacements may still be starting.
        await until(async () => (await childrenOf(program.pid)).length <= 3, 20_000);
        const children = (await childrenOf(program.pid)).length;
        reports.push({ rss, held, workers, descriptors: await descriptorsOf(program.pid), children });
      }
      await writer.close();
      assertEquals((await program.status).code, 0);
      await lines.cancel();
      // The first round also fills the program's own caches.
      const [first, last] = [reports[0]!, reports.at(-1)!];
      const table = JSON.stringify(reports);
      assert(last.children <= 3, table);
      assert(last.descriptors <= first.descriptors + 3, table);
      assert(last.held < first.held + 2 ** 19, table);
      assert(last.rss < first.rss * 1.15, table);
    },
  });
}
