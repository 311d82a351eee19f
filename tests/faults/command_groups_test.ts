/** End-to-end: A command that a task started ends with the task's worker, however that ends. */
import { assertEquals } from "@std/assert";
import { alive, survivors } from "../helpers/programs/processes.ts";
import { RunningProgram } from "../helpers/programs/program.ts";

const ignore = Deno.build.os === "windows";

/** Starts a command with a child of its own, tells the pids of both, and waits as the text says. */
const start = (rest: string): string =>
  `async () => {
    const { stdout } = new Deno.Command("/bin/sh", { args: ["-c", "/bin/sleep 300 & echo $$ $!; wait"], stdout: "piped", stderr: "null" }).spawn();
    const { value } = await stdout.pipeThrough(new TextDecoderStream()).getReader().read();
    console.log(value.trim());
    ${rest}
  }`;
const FOR_EVER = start("await new Promise((resolve) => setTimeout(resolve, 1e6));");
const LEFT = start("");

/** How a worker ends while the program goes on: the program's text. The task prints the pids. */
const ENDINGS: Record<string, string> = {
  "runs out of time":
    `await pool.apply(${FOR_EVER}, [], { timeoutMs: 3000 }).catch(() => {}); pool.close(); await pool.join();`,
  "is aborted": `const task = pool.apply(${FOR_EVER}, [], { signal: abort.signal }).catch(() => {});
    whenPrinted = () => abort.abort();
    await task;`,
  "is terminated": `pool.apply(${FOR_EVER}).catch(() => {});
    await new Promise((resolve) => whenPrinted = () => pool.terminate().then(resolve));`,
  "has answered, and its pool is closed": `await pool.apply(${LEFT}); pool.close(); await pool.join();`,
  "calls Deno.exit()": `await pool.apply(${start("Deno.exit(3);")}).catch(() => {});`,
  "is killed": `await pool.apply(${start(`Deno.kill(Deno.pid, "SIGKILL");`)}).catch(() => {});`,
  "is a Process that is terminated": `const process = new corral.Process({ target: ${FOR_EVER}, permissions });
    process.start(); setTimeout(() => process.terminate(), 3000); await process.join();`,
  "is a Process that ends": `const process = new corral.Process({ target: ${start("Deno.exit();")}, permissions });
    process.start(); await process.join();`,
};

/** How a program ends, and its worker with it. */
const ENDINGS_OF_PROGRAMS: Record<string, string> = {
  "is the last thing that the program waits for": `await pool.apply(${LEFT});`,
  "lives when the program exits": `await pool.apply(${LEFT}); Deno.exit(0);`,
  "lives when the program is killed":
    `pool.apply(${FOR_EVER}); await new Promise((resolve) => setTimeout(resolve, 1e6));`,
};

const NARROW = ["--allow-run=/bin/sh," + Deno.execPath()];

/** A piece of a program, with a pool and what else the endings use. */
const scope = (body: string): string =>
  `{
  let whenPrinted = () => {};
  const abort = new AbortController();
  const onEvent = ({ type }) => type === "output" && whenPrinted();
  const pool = new Pool({ workers: 1, permissions, onEvent });
  ${body}
}`;
const PERMISSIONS = `const permissions = { run: ["/bin/sh"] };`;

async function pidsOf(program: RunningProgram): Promise<number[]> {
  const pids = (await program.line()).split(" ").map(Number);
  assertEquals(pids.length, 2);
  return pids;
}

for (
  const [what, flags] of [["a program that may run little", NARROW], ["a program that may run all", [
    "--allow-run",
  ]]] as const
) {
  Deno.test({
    name: `in ${what} and goes on, a command ends with its worker, however that ends`,
    ignore,
    fn: async () => {
      const bodies = Object.entries(ENDINGS).map(([ending, body]) =>
        `await (async () => ${scope(body)})(); console.log(${JSON.stringify(ending)});`
      );
      await using program = new RunningProgram(
        `${PERMISSIONS}${bodies.join("")} setInterval(() => {}, 9999);`,
        { flags: [...flags] },
      );
      for (const ending of Object.keys(ENDINGS)) {
        const pids = await pidsOf(program);
        // The program says this when the worker has ended, and goes on then.
        assertEquals(await program.line(), ending);
        assertEquals([ending, await survivors(pids, 20_000)], [ending, []]);
      }
    },
  });

  for (const [ending, body] of Object.entries(ENDINGS_OF_PROGRAMS)) {
    Deno.test({
      name: `in ${what}, a command ends with its worker when that ${ending}`,
      ignore,
      fn: async () => {
        await using program = new RunningProgram(`${PERMISSIONS}${scope(body)}`, { flags: [...flags] });
        const pids = await pidsOf(program);
        if (ending.includes("program is killed")) program.child.kill("SIGKILL");
        assertEquals(await survivors(pids, 20_000), []);
      },
    });
  }
}

/** A task starts a command that outlives its worker, and has its input. A message for the worker is in the pipe when it dies. */
const HELD_INPUT = `
const permissions = { run: true };
const task = Promise.withResolvers();
const pool = new Pool({ workers: 1, permissions, onEvent: ({ type }) => type === "busy" && task.resolve() });
const leave = () => {
  const left = new Deno.Command("/bin/sleep", { args: ["300"], stdin: "null", stdout: "null", stderr: "null", detached: true }).spawn();
  left.unref();
  return [Deno.pid, left.pid];
};
const [worker, left] = await pool.apply(leave);
console.log(left);
Deno.kill(worker, "SIGSTOP");
const length = pool.apply((text) => text.length, ["x".repeat(1e7)]);
await task.promise;
Deno.kill(worker, "SIGKILL");
console.log(await length);
pool.close();
await pool.join();
console.log("joined");
`;

Deno.test({
  name: "a program ends though a command that outlives a worker has the worker's input, and reads nothing",
  ignore,
  fn: async () => {
    await using program = new RunningProgram(HELD_INPUT, { flags: ["--allow-run"] });
    const left = Number(await program.line());
    try {
      assertEquals(await program.line(), "10000000");
      assertEquals(await program.line(), "joined");
      assertEquals(await survivors([program.pid], 60_000), []);
      assertEquals(await alive([left]), [left], "it has the input still");
    } finally {
      Deno.kill(left, "SIGKILL");
    }
  },
});
