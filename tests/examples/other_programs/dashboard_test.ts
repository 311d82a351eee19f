// End-to-end: the live page of a program that works, and its end.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

const ROOT = new URL("../../../", import.meta.url);

Deno.test("examples/dashboard serves a page while it works, and ends", async () => {
  const args = [
    "run",
    "--quiet",
    "--no-prompt",
    "--allow-run=deno,ps",
    "--allow-net=127.0.0.1",
    "examples/dashboard/main.ts",
    "3",
  ];
  const child = new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdout: "piped", stderr: "inherit" }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let output = (await reader.read()).value!;
  const [, url] = /^Open (\S+)\n/.exec(output)!;
  assertStringIncludes(await (await fetch(url!)).text(), "<title>thumbnails: corral</title>");
  for (let part = await reader.read(); !part.done; part = await reader.read()) output += part.value;
  assertMatch(output, /\nworked, and every image was resized or told why not\n$/);
  assertEquals((await child.status).code, 0);
});
