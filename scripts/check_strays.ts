// deno-lint-ignore-file no-console
/**
 * Fails if a worker process has lost its parent and still runs. Workers end within two seconds of their parent,
 * so each gets that time. Where there is no `ps` (Windows, small images) nothing is checked.
 */

const GRACE_MS = 3000;

const deadline = Date.now() + GRACE_MS;
let strays = await orphanedWorkers();
while (strays?.length && Date.now() < deadline) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  strays = await orphanedWorkers();
}
if (strays === undefined) console.log("Stray workers: not checked, there is no ps");
else if (strays.length === 0) console.log("Stray workers: none");
else {
  console.error(`Stray workers: ${strays.length}\n${strays.join("\n")}`);
  Deno.exit(1);
}

/** One line for each running `deno run … data:…`, and each agent of the working tree, whose parent is not a Deno process. */
async function orphanedWorkers(): Promise<string[] | undefined> {
  let listing: string;
  try {
    const { stdout } = await new Deno.Command("ps", { args: ["-A", "-o", "pid=,ppid=,stat=,args="], stderr: "null" })
      .output();
    listing = new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const processes = listing.split("\n").flatMap((line) => {
    const [, pid, ppid, state, args] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid && ppid && state && args ? [{ pid, ppid, state, args }] : [];
  });
  const programs = new Map(processes.map(({ pid, args }) => [pid, args.split(" ")[0] ?? ""]));
  return processes
    .filter(({ state, args }) =>
      !state.startsWith("Z") && /^\S*deno\S* run .*(\bdata:|\/cluster\/agent\.ts |\/cli\/main\.ts agent )/.test(args)
    )
    .filter(({ ppid }) => !/deno[^/\\]*$/.test(programs.get(ppid) ?? ""))
    .map(({ pid, ppid, args }) => `pid ${pid}, parent ${ppid}: ${args.slice(0, 200)}`);
}
