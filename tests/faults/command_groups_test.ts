/** End-to-end: A command that a task started ends with the task's worker, however that ends. */
import { assertEquals } from "@std/assert";
import { survivors } from "../helpers/programs/processes.ts";
import { RunningProgram } from "../helpers/programs/program.ts";

const ignore = Deno.build.os === "windows";

/** Starts a command with a child of its own, tells the pids of both, and waits as the text says. */
const start = (rest: string): string =>
  `async () => {
    const { stdout } = new Deno.Command("/bin/sh", { args: ["-c", "sleep 300 & echo $$ $!; wait"], stdout: "piped", stderr: "null" }).spawn();
    const { value } = await stdout.pipeThrough(new TextDecoderStream()).getReader().read();
    console.log(value.trim());
    ${rest}
  }`;
const FOR_EVER = start("await new Promise((resolve) => setTimeout(resolve, 1e6));");
const LEFT = start("");

/** How a worker ends: the program's text. It prints the pids, and perhaps more. */
const ENDINGS: Record<string, string> = {
  "runs out of time":
    `await pool.apply(${FOR_EVER}, [], { timeoutMs: 3000 }).catch(() => {}); pool.close(); await pool.join();`,
  "is aborted": `const task = pool.apply(${FOR_EVER}, [], { signal: abort.signal }).catch(() => {});
    whenPrinted = () => abort.abort();
    await task;`,
  "is terminated": `pool.apply(${FOR_EVER}).catch(() => {}); whenPrinted = () => pool.terminate();`,
  "has answered, and its pool is closed": `await pool.apply(${LEFT}); pool.close(); await pool.join();`,
  "calls Deno.exit()": `await pool.apply(${start("Deno.exit(3);")}).catch(() => {});`,
  "is killed": `await pool.apply(${start(`Deno.kill(Deno.pid, "SIGKILL");`)}).catch(() => {});`,
  "is the last thing that the program waits for": `await pool.apply(${LEFT});`,
  "lives when the program exits": `await pool.apply(${LEFT}); Deno.exit(0);`,
  "lives when the program is killed":
    `pool.apply(${FOR_EVER}); await new Promise((resolve) => setTimeout(resolve, 1e6));`,
  "is a Process that is terminated": `const process = new corral.Process({ target: ${FOR_EVER}, permissions });
    process.start(); setTimeout(() => process.terminate(), 3000); await process.join();`,
  "is a Process that ends": `const process = new corral.Process({ target: ${start("Deno.exit();")}, permissions });
    process.start(); await process.join();`,
};

const NARROW = ["--allow-run=/bin/sh," + Deno.execPath()];

for (const [ending, body] of Object.entries(ENDINGS)) {
  for (
    const [what, flags] of [["a program that may run little", NARROW], ["a program that may run all", [
      "--allow-run",
    ]]] as const
  ) {
    Deno.test({
      name: `in ${what}, a command ends with its worker when that ${ending}`,
      ignore,
      fn: async () => {
        await using program = new RunningProgram(
          `const permissions = { run: ["/bin/sh"] };
          let whenPrinted = () => {};
          const abort = new AbortController();
          const onEvent = ({ type }) => type === "output" && whenPrinted();
          const pool = new Pool({ workers: 1, permissions, onEvent });
          ${body}`,
          { flags: [...flags] },
        );
        const pids = (await program.line()).split(" ").map(Number);
        assertEquals(pids.length, 2);
        if (ending.includes("program is killed")) program.child.kill("SIGKILL");
        assertEquals(await survivors(pids, 20_000), []);
      },
    });
  }
}
