/** End-to-end tests that nothing piles up: descriptors, memory and processes of a program with many short workers. */
import { assert, assertEquals } from "@std/assert";
import { childrenOf, descriptorsOf, until } from "../helpers/programs/processes.ts";

interface Report {
  rss: number;
  workers: number;
  descriptors: number;
  children: number;
}

const ROUNDS = 3;

for (const [mode, what] of [["kill", "150 killed workers"], ["pools", "120 short pools"]] as const) {
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
        import.meta.resolve("../fixtures/programs/short_pools.ts"),
        mode,
      ];
      const program = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" }).spawn();
      const lines = program.stdout.pipeThrough(new TextDecoderStream()).getReader();
      const writer = program.stdin.getWriter();
      assertEquals((await lines.read()).value, "ready\n");
      const reports: Report[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        await writer.write(new TextEncoder().encode("\n"));
        const { rss, workers } = JSON.parse((await lines.read()).value!) as Report;
        // Two workers and the reaper; replacements may still be starting.
        await until(async () => (await childrenOf(program.pid)).length <= 3, 20_000);
        const children = (await childrenOf(program.pid)).length;
        reports.push({ rss, workers, descriptors: await descriptorsOf(program.pid), children });
      }
      await writer.close();
      assertEquals((await program.status).code, 0);
      await lines.cancel();
      // The first round also fills the program's own caches.
      const [first, last] = [reports[0]!, reports.at(-1)!];
      const table = JSON.stringify(reports);
      assert(last.children <= 3, table);
      assert(last.descriptors <= first.descriptors + 3, table);
      assert(last.rss < first.rss * 1.3, table);
    },
  });
}
