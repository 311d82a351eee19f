/** What would be four machines: a Redis, and agents that serve it. */

const AGENT = new URL("../../cluster/agent.ts", import.meta.url).href;

/** A Redis of its own on a free port. */
export async function startRedis(folder: string): Promise<{ url: string; process: Deno.ChildProcess }> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const process = new Deno.Command("redis-server", {
    args: ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes"],
    stdout: "piped",
  }).spawn();
  await untilPrinted(process.stdout, "Ready to accept connections");
  return { url: `redis://127.0.0.1:${port}`, process };
}

/** An agent with one worker that may only compute; its loss is known after some two seconds. */
export async function startAgent(name: string, url: string, secretFile: string): Promise<Deno.ChildProcess> {
  const process = new Deno.Command("deno", {
    args: [
      ...[
        "run",
        "--no-prompt",
        "--quiet",
        `--allow-net=${new URL(url).host}`,
        "--ignore-env",
        "--allow-env=DENO_DIR,HOME,XDG_CACHE_HOME",
      ],
      ...[
        "--allow-sys=hostname",
        "--allow-run=deno",
        "--allow-read",
        AGENT,
        "--redis",
        url,
        "--secret-file",
        secretFile,
      ],
      ...["--name", name, "--jobs", "1", "--lock", "2s", "--lease", "3s", new URL("primes.ts", import.meta.url).href],
    ],
    stdout: "piped",
  }).spawn();
  await untilPrinted(process.stdout, "lanes serve");
  return process;
}

async function untilPrinted(stream: ReadableStream<Uint8Array>, text: string): Promise<void> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  for (let log = ""; !log.includes(text);) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`A process ended before it printed ${JSON.stringify(text)}: ${log}`);
    log += value;
  }
  // What it prints later is of no interest, but must be read.
  (async () => {
    while (!(await reader.read()).done);
  })();
}
