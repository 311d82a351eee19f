// Before anybody can replace it.
const { Worker } = globalThis;

const CHECK_INTERVAL_MS = 50;
/** The pipe may be full of what the process printed, with nobody who reads it: after so many looks it ends all the same, and does not say why. */
const MOST_LOOKS = 20;

/**
 * Ends this process when its resident memory grows by more than `limitMiB` from now.
 *
 * A thread of its own watches, since a task in a synchronous loop lets nothing else run here. Typed
 * arrays lie outside V8's heap, so the heap flag alone does not bound them. See `docs/decisions/ending.md`.
 *
 * @returns Lets the process end when it has nothing else to do.
 */
export function watchMemory(limitMiB: number, marker: string): () => void {
  const limitBytes = Deno.memoryUsage().rss + limitMiB * 1024 * 1024;
  // What the watching thread itself takes does not count.
  const source = `
    let allowed = ${limitBytes};
    allowed += Math.max(0, Deno.memoryUsage().rss - ${limitBytes - limitMiB * 1024 * 1024});
    let looks = 0;
    const end = () => Deno.kill(Deno.pid, "SIGKILL");
    setInterval(() => {
      const { rss } = Deno.memoryUsage();
      if (looks > 0 && (++looks > ${MOST_LOOKS} || rss > 2 * allowed)) end();
      if (rss <= allowed || looks > 0) return;
      looks = 1;
      const text = ${JSON.stringify(marker)} + " " + rss + " " + allowed + "\\n";
      Deno.stderr.write(new TextEncoder().encode(text)).then(end, end);
    }, ${CHECK_INTERVAL_MS});`;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(source)}`, { type: "module" });
  return () => unreference(worker);
}

/** Deno has this for Node's `worker.unref()`, under a symbol without a name. Where it is not, the watch ends. */
function unreference(worker: Worker): void {
  const symbol = Object.getOwnPropertySymbols(Worker.prototype).find(({ description }) => !description);
  const method = (worker as unknown as Record<symbol, unknown>)[symbol ?? Symbol()];
  if (typeof method === "function") method.call(worker, false);
  else worker.terminate();
}
