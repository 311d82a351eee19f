/**
 * Draws the picture in the README: the live page of `examples/dashboard` after half a minute. `deno task picture`; it needs Chromium.
 */
import { BrowserPage } from "../tests/helpers/browser_page.ts";

const ROOT = new URL("../", import.meta.url);
const SIZE = { width: 1280, height: 960 };
const WORK_SECONDS = 40;

const child = new Deno.Command("deno", {
  args: [
    "run",
    "--quiet",
    "--allow-run=deno,ps",
    "--allow-net=127.0.0.1",
    "examples/dashboard/main.ts",
    String(WORK_SECONDS),
  ],
  cwd: ROOT,
  stdout: "piped",
}).spawn();
const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
const [, url] = /^Open (\S+)/.exec((await reader.read()).value!)!;
{
  await using page = await BrowserPage.open(url!, SIZE);
  // Half a minute of history, so that the charts show something.
  await page.until("samples[0].length >= 30 && last.workers.some((worker) => worker.cpuPercent !== null)");
  await Deno.writeFile(new URL("docs/dashboard.png", ROOT), await page.picture());
}
child.kill();
await child.status;
await reader.cancel();
