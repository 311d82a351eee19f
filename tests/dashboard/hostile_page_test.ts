// End-to-end test of the live page in a real browser, with a worker all of whose texts attack it.
import { assert, assertEquals } from "@std/assert";
import { Pool } from "../../mod.ts";
import { BrowserPage } from "../helpers/servers/browser_page.ts";
import { noChromium } from "../helpers/servers/chromium.ts";

const TEXTS = [
  `</script></title></style><script>document.title="changed"</script><img src=x onerror="document.title='changed'">'"&`,
  "__proto__",
  "constructor",
  "\u2028\u2029\n\nevent: end\ndata: {}\n\n\r\r\0",
  "\u202egnol\u2066\u200f\ufeff",
  "\ud800 alone \udfff",
  "\x1b[2J\x1b]0;title\x07\x9b31m",
  "<".repeat(1 << 20),
  "\u0301".repeat(1 << 20),
];

/** Throws an error and prints, both of this text; it has the worker say what no task can. */
const attack = (text: string): never => {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  throw Object.assign(Object.defineProperty(new Error(text), "name", { value: text }), { text });
};

Deno.test({
  name: `Nothing that a worker says acts in the live page${
    noChromium === undefined ? "" : ` (skipped: ${noChromium})`
  }`,
  ignore: noChromium !== undefined,
  async fn() {
    const [markup] = TEXTS as [string];
    await using pool = new Pool({
      workers: 1,
      name: markup,
      output: "events",
      scopeTimeoutMs: 0,
      permissions: { read: [`/${markup}`] },
    });
    await using dashboard = await pool.serveDashboard();
    await using page = await BrowserPage.open(dashboard.url);
    await page.until('document.querySelector("#connection").textContent === "live"');
    await page.evaluate(`window.faults = []; onerror = (text) => faults.push(text);
      document.onsecuritypolicyviolation = ({ blockedURI }) => faults.push(blockedURI)`);
    const elements =
      '[...document.querySelectorAll("script, img, link, iframe, object, [src], [href], [onerror]")].length';
    const before = await page.evaluate<number>(elements);
    for (const text of TEXTS) await pool.apply(attack, [text]).catch(() => {});
    const named = Object.defineProperty(
      () => new Promise((resolve) => setTimeout(resolve, 600_000)),
      "name",
      { value: markup },
    );
    const working = pool.apply(named).catch(() => {});
    await page.until(`document.querySelector("#workers").textContent.includes("onerror")`);
    await page.until(`document.querySelector("#failures").rows.length === ${TEXTS.length}`);
    assertEquals(await page.evaluate("document.title"), `${markup}: corral`);
    assertEquals(await page.evaluate("faults"), []);
    assertEquals(await page.evaluate(elements), before);
    assertEquals(await page.evaluate('document.querySelector("#connection").textContent'), "live");
    assert(
      await page.evaluate<boolean>(
        `[...document.querySelector("#failures").rows].every((row) => row.innerText.length < 500)`,
      ),
    );
    await pool.terminate();
    await working;
  },
});
