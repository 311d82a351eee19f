/**
 * Draws the pictures in the README and the guide from programs in examples/, after some time of work. `deno task picture` draws all,
 * `deno task picture cluster` one; it needs Chromium, and redis-server for that one.
 */
import { BrowserPage } from "../tests/helpers/servers/browser_page.ts";

const ROOT = new URL("../", import.meta.url);

/** A picture of a live page. */
interface Picture {
  /** Arguments of deno; the program prints the address of its page behind "Open". */
  readonly args: readonly string[];
  readonly size: { readonly width: number; readonly height: number };
  /** What must be true in the page: an expression over its samples and its last state. */
  readonly when: string;
  /** Whether the program must end by itself, since it ends others. */
  readonly endsItself: boolean;
}

const PICTURES: Readonly<Record<string, Picture>> = {
  dashboard: {
    args: ["run", "--quiet", "--allow-run=deno,ps", "--allow-net=127.0.0.1", "examples/dashboard/main.ts", "40"],
    size: { width: 1280, height: 960 },
    // Half a minute of history, so that the charts show something.
    when: "samples[0].length >= 30 && last.workers.some((worker) => worker.cpuPercent !== null)",
    endsItself: false,
  },
  cluster: {
    args: ["task", "--quiet", "demo:cluster", "--page"],
    size: { width: 1200, height: 885 },
    // One agent was killed, its task has begun again elsewhere, and the two others have worked for a while since.
    when: "last.totals.retried > 0 && last.workers.length === 2 && samples[0].length >= 12",
    endsItself: true,
  },
};

async function draw(name: string, { args, size, when, endsItself }: Picture): Promise<void> {
  const child = new Deno.Command("deno", { args: [...args], cwd: ROOT, stdout: "piped" }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let url: string | undefined;
  while (url === undefined) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Cannot draw ${name}: the program ended, ${text}`);
    text += value;
    url = /^Open (\S+)$/m.exec(text)?.[1];
  }
  {
    await using page = await BrowserPage.open(url, size);
    await page.until(when);
    await Deno.writeFile(new URL(`docs/${name}.png`, ROOT), await page.picture());
  }
  if (!endsItself) child.kill();
  while (!(await reader.read()).done);
  await child.status;
}

for (const name of Deno.args.length === 0 ? Object.keys(PICTURES) : Deno.args) {
  const picture = Object.hasOwn(PICTURES, name) ? PICTURES[name] : undefined;
  if (picture === undefined) {
    throw new Error(`Cannot draw ${name}: one of ${Object.keys(PICTURES).join(", ")} is wanted`);
  }
  await draw(name, picture);
}
