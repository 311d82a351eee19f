/** End-to-end: which process group a worker is in, who hears of Ctrl-C, and what of its environment arrives. */
import { assert, assertEquals } from "@std/assert";
import { Pool } from "../../../mod.ts";
import { RunningProgram } from "../../helpers/programs/program.ts";
import { ProjectFolder } from "../../helpers/programs/project_folder.ts";

const POSIX = { ignore: Deno.build.os === "windows" };

async function groupOf(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "pgid=", "-p", String(pid)] }).output();
  return Number(new TextDecoder().decode(stdout).trim());
}

Deno.test({
  ...POSIX,
  name: "only a worker that may run commands, and each process, leads a group of its own",
  fn: async () => {
    await using program = new RunningProgram(
      `await using plain = new Pool({ workers: 1 });
await using running = new Pool({ workers: 1, permissions: { run: ["echo"] } });
const detached = new corral.Process({ target: () => void setInterval(() => {}, 1000), detached: true });
const attached = new corral.Process({ target: () => void setInterval(() => {}, 1000) });
detached.start(); attached.start();
await Promise.all([plain.ready(), running.ready()]);
console.log(JSON.stringify([Deno.pid, plain.workers[0].pid, attached.pid, running.workers[0].pid, detached.pid]));
await new Promise((resolve) => Deno.addSignalListener("SIGTERM", resolve));
detached.kill(); attached.kill();`,
      { flags: ["--allow-run"], detached: true },
    );
    const [own, plain, attached, running, detached] = JSON.parse(await program.line()) as number[];
    const group = await groupOf(own!);
    assertEquals(await groupOf(plain!), group);
    const leaders = [running!, attached!, detached!];
    assertEquals(await Promise.all(leaders.map(groupOf)), leaders);
    program.child.kill("SIGTERM");
    assertEquals((await program.child.status).code, 0);
  },
});

Deno.test({
  ...POSIX,
  name: "a worker goes on when Ctrl-C reaches the whole group, and the program decides",
  fn: async () => {
    await using program = new RunningProgram(
      `let asked = 0;
const queue = new corral.Queue();
Deno.addSignalListener("SIGINT", () => {
  console.log("asked", ++asked);
  queue.put("go on");
});
await using pool = new Pool({ workers: 2 });
await pool.ready();
const pids = pool.workers.map(({ pid }) => pid).join();
const task = pool.apply(async (queue) => {
  await queue.put("begun");
  await queue.get();
}, [queue]);
await queue.get();
console.log("ready");
await task;
console.log(pool.workers.map(({ pid }) => pid).join() === pids, pool.stats().workersLost);`,
      { flags: ["--allow-run"], detached: true },
    );
    assertEquals(await program.line(), "ready");
    Deno.kill(-program.child.pid, "SIGINT");
    assertEquals(await program.line(), "asked 1");
    assertEquals(await program.line(), "true 0");
    assertEquals((await program.child.status).code, 0);
  },
});

/** Runs a program that prints the pid of a worker in an endless loop, and then ends its whole group by a signal. */
async function endGroup(signal: Deno.Signal, body: string): Promise<void> {
  await using folder = await ProjectFolder.make({
    "main.ts": `import { Pool, Process, Queue } from "LIBRARY";
const queue = new Queue();
const loop = async (queue: Queue) => {
  await queue.put("loops");
  while (true);
};
${body}
Deno.kill(0 - Deno.pid, "${signal}");
await new Promise(() => {});`,
  });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-lock", "--allow-run", "main.ts"],
    cwd: folder.path,
    env: folder.env,
    stdout: "piped",
    stderr: "null",
    detached: true,
  }).spawn();
  const output = await child.output();
  assertEquals(output.signal, signal);
  const pid = Number(new TextDecoder().decode(output.stdout));
  assert(pid > 0);
  // The reaper gives workers a moment to leave.
  for (let tries = 0; tries < 100 && await groupOf(pid) !== 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assertEquals(await groupOf(pid), 0);
}

Deno.test({
  ...POSIX,
  name: "no worker is left when a whole group is ended, were it in an endless loop",
  fn: () =>
    endGroup(
      "SIGTERM",
      `const pool = new Pool({ workers: 1 });
await pool.ready();
pool.apply(loop, [queue]).catch(() => {});
await queue.get();
console.log(pool.workers[0]!.pid);`,
    ),
});

Deno.test({
  ...POSIX,
  name:
    "no process is left in an endless loop when the group of its program is killed, although the reaper was in that before",
  fn: () =>
    endGroup(
      "SIGKILL",
      `const pool = new Pool({ workers: 1 });
await pool.ready();
await new Promise((resolve) => setTimeout(resolve, 100));
const process = new Process({ target: loop, args: [queue] });
process.start();
await queue.get();
console.log(process.pid);`,
    ),
});

Deno.test({
  ignore: Deno.build.os !== "linux",
  name: "a worker has none of the descriptors that its program was started with",
  fn: async () => {
    await using folder = await ProjectFolder.make({
      "main.ts": `import { Pool } from "LIBRARY";
const opened = (pid: number) => [4, 5, 6, 7, 8, 9].map((fd) => {
  try { return Deno.readLinkSync("/proc/" + pid + "/fd/" + fd); } catch { return undefined; }
});
const given = Deno.readLinkSync("/proc/self/fd/5");
await using plain = new Pool({ workers: 1 });
await using running = new Pool({ workers: 1, permissions: { run: ["echo"] } });
await Promise.all([plain.ready(), running.ready()]);
const pids = [Deno.pid, plain.workers[0]!.pid, running.workers[0]!.pid];
console.log(JSON.stringify(pids.map((pid) => opened(pid).filter((one) => one === given).length)));`,
    });
    const script = 'exec 4<&0 5<&0 9<&0 0</dev/null; exec "$0" run -A --no-lock main.ts';
    const child = new Deno.Command("/bin/sh", {
      args: ["-c", script, Deno.execPath()],
      cwd: folder.path,
      env: folder.env,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const { code, stdout } = await child.output();
    await child.stdin.close();
    assertEquals([code, new TextDecoder().decode(stdout)], [0, "[3,0,0]\n"]);
  },
});

Deno.test("a worker gets every variable of `env`, also those that a shell on its way would drop or change", async () => {
  const names = ["my.variable", "A-B", "1A", "ü", "IFS", "OPTIND", "PPID", "PS1", "LINENO", "RANDOM", "OK"];
  const env = Object.fromEntries(names.map((name) => [name, `value of ${name}`]));
  await using pool = new Pool({ workers: 1, env });
  const read = (names: string[]) => Object.fromEntries(names.map((name) => [name, Deno.env.get(name)]));
  assertEquals(await pool.apply(read, [names]), env);
});
