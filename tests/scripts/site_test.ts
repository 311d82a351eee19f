// Unit tests of the site's parts; end-to-end: the whole site, with every link checked.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { buildSite } from "../../scripts/build_site.ts";
import { deadLinks } from "../../scripts/site/check_links.ts";
import { anchorOf, drawPage, linkFrom, pagesOf } from "../../scripts/site/pages.ts";

const PAGES = pagesOf(["README.md", "docs/guide.md", "docs/decisions/observing.md"]);
const [README, GUIDE, DECISION] = PAGES as [typeof PAGES[0], typeof PAGES[0], typeof PAGES[0]];
const REPOSITORY = "https://example.com/repo";

Deno.test("anchorOf() is what GitHub makes of a heading", () => {
  assertEquals(anchorOf("All outcomes, also of items that fail"), "all-outcomes-also-of-items-that-fail");
  assertEquals(
    anchorOf("this program may not run Deno, run it with --allow-run="),
    "this-program-may-not-run-deno-run-it-with---allow-run",
  );
});

Deno.test("linkFrom() leads to pages of the site, from wherever the page is, and else to the repository", () => {
  const link = (page: typeof README, href: string) => linkFrom(page, href, PAGES, REPOSITORY);
  assertEquals(link(README, "docs/guide.md#chunks"), "guide.html#chunks");
  assertEquals(link(GUIDE, "../README.md"), "index.html");
  assertEquals(link(GUIDE, "decisions/observing.md"), "decisions/observing.html");
  assertEquals(link(DECISION, "../guide.md"), "../guide.html");
  assertEquals(link(GUIDE, "../examples/sandbox/"), `${REPOSITORY}/blob/main/examples/sandbox/`);
  assertEquals(link(GUIDE, "https://deno.com"), "https://deno.com");
  assertEquals(link(GUIDE, "#chunks"), "#chunks");
});

Deno.test("drawPage() gives headings of one text different anchors", () => {
  const html = drawPage(GUIDE, "# Guide\n\n## A `b`\n\n## A b\n", PAGES, REPOSITORY);
  assertStringIncludes(html, '<h2 id="a-b">A <code>b</code></h2>');
  assertStringIncludes(html, '<h2 id="a-b-1">');
});

Deno.test("drawPage() calls pages by their titles, where a link is the name of a file", () => {
  const html = drawPage(README, "[docs/guide.md](docs/guide.md#chunks) [here](docs/guide.md)", PAGES, REPOSITORY);
  assertStringIncludes(html, '<a href="guide.html#chunks">Guide</a> <a href="guide.html">here</a>');
});

Deno.test("deadLinks() finds files and places that are not there", () => {
  const site = new Map([
    [
      "index.html",
      '<a href="a.html#here"></a><a href="a.html#gone"></a><a href="b.html"></a><a href="https://x.org/y"></a>',
    ],
    ["a.html", '<h2 id="here"></h2><a href="./"></a><img src="no.svg">'],
  ]);
  assertEquals(deadLinks(site), [
    "index.html: a.html#gone: no such place",
    "index.html: b.html: there is no b.html",
    "a.html: no.svg: there is no no.svg",
  ]);
});

Deno.test("The site has no dead links", async () => {
  const folder = await Deno.makeTempDir({ prefix: "corral-site-" });
  try {
    assertEquals(await buildSite(folder), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
