// End-to-end tests of a pool's live page and of a run's report in a real browser, one for all: also where all texts attack the page.
import { assert, assertEquals, assertFalse } from "@std/assert";
import { Pool } from "../../mod.ts";
import { BrowserPage } from "../helpers/servers/browser_page.ts";
import { ACTIVE, hostileRun, pageOf, parse } from "../helpers/programs/report_page.ts";
import { noChromium } from "../helpers/servers/chromium.ts";
import { firstPixel } from "../helpers/servers/png.ts";

const speak = (text: string): number => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));

async function showsPool(page: BrowserPage): Promise<void> {
  await using pool = new Pool({ workers: 2, name: "<b>bold</b>", output: "events" });
  await using dashboard = await pool.serveDashboard({ control: true });
  await page.go(dashboard.url);
  await page.until('document.querySelector("#connection").textContent === "live"');
  await pool.ready();
  await pool.map(Math.sqrt, [1, 4, 9]);
  await pool.apply(speak, ["<img src=x onerror=\"document.title='changed'\">"]);
  await page.until('document.querySelector("#outputs").textContent.includes("<img src=x")');
  assertEquals(await page.evaluate("document.title"), "<b>bold</b>: corral");
  assertEquals(await page.evaluate('document.querySelectorAll("main b").length'), 3, "only those of the charts");
  const labels = await page.evaluate<string[]>(
    '[...document.querySelectorAll("svg[role=img]")].map((svg) => svg.getAttribute("aria-label"))',
  );
  assertEquals(labels.map((label) => label.split(" over")[0]), [
    "Tasks per second",
    "Run time",
    "Waiting and running",
  ]);
  const states = '[...document.querySelectorAll("#workers .state")].map((state) => state.textContent)';
  // What a task says comes at once, what its worker does with the next report.
  await page.until(`${states}.join() === "idle,idle"`);
  assertEquals(await page.evaluate("document.documentElement.scrollWidth <= 500"), true, "it fits 500 pixels");

  await page.evaluate('document.querySelector("#pause").click()');
  await page.until('document.querySelector("#connection").textContent === "paused"');
  await page.evaluate('document.querySelector("#pause").click()');
  await page.until('document.querySelector("#connection").textContent === "live"');
  await dashboard.close();
  await page.until('document.querySelector("#connection").className === "down"');
}

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

async function isNotAttacked(page: BrowserPage): Promise<void> {
  const [markup] = TEXTS as [string];
  await using pool = new Pool({
    workers: 1,
    name: markup,
    output: "events",
    scopeTimeoutMs: 0,
    permissions: { read: [`/${markup}`] },
  });
  await using dashboard = await pool.serveDashboard();
  await page.go(dashboard.url);
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
}

async function showsHostileReport(page: BrowserPage): Promise<void> {
  const requests: string[] = [];
  let text = "";
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    requests.push(new URL(request.url).pathname);
    return new Response(text, { headers: { "content-type": "text/html" } });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  text = await pageOf(hostileRun(url));
  await page.go(`${url}/run.html`);
  await page.until('document.readyState === "complete" && document.querySelector("svg") !== null');
  for (const [scheme, colour] of [["light", [0xf6, 0xf8, 0xfa]], ["dark", [0x0d, 0x11, 0x17]]] as const) {
    await page.prefer(scheme);
    assertEquals(await firstPixel(await page.picture()), colour);
  }
  const seen = parse(await page.evaluate("document.documentElement.outerHTML"));
  assertEquals(requests.filter((path) => path !== "/favicon.ico"), ["/run.html"]);
  assertFalse(seen.texts("title").includes("changed"));
  assertEquals(seen.texts(ACTIVE), []);
  assertEquals(seen.count("svg"), 3);
}

Deno.test({
  name: `The live page, and a report, in a browser${noChromium === undefined ? "" : ` (skipped: ${noChromium})`}`,
  ignore: noChromium !== undefined,
  async fn(test) {
    await using page = await BrowserPage.open("about:blank", { width: 500 });
    await test.step("The live page shows the pool", () => showsPool(page));
    await test.step("Nothing that a worker says acts in the live page", () => isNotAttacked(page));
    await test.step(
      "The report of a hostile run is light or dark, as its user prefers, runs nothing and loads nothing",
      () => showsHostileReport(page),
    );
  },
});
