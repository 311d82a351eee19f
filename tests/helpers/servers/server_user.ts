/** What a server of a test needs before it starts: a user that is not root, if this is root, and a port. */

/** The user `postgres`, if this is root, as options of a command: PostgreSQL and PgBouncer refuse to run as root. It gets the folder. */
export async function giveToServer(folder: string): Promise<{ uid?: number; gid?: number }> {
  const id = async (...args: string[]): Promise<number> => Number(await run("id", args));
  if (await id("-u") !== 0) return {};
  await run("chown", ["-R", "postgres", folder]);
  return { uid: await id("-u", "postgres"), gid: await id("-g", "postgres") };
}

/** Runs a command that must succeed, and returns what it printed. */
export async function run(command: string, args: string[], options: Deno.CommandOptions = {}): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, ...options, cwd: "/" }).output();
  if (!success) throw new Error(`${command} failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Starts a server on a free port. Another program may take that between the question and the start: then once more with another. */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let tries = 5;; tries--) {
    try {
      return await start(freePort());
    } catch (error) {
      if (tries <= 1) throw error;
    }
  }
}

/** A port of the loopback network that is free now. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
