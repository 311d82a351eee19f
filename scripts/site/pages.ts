/** The guide's pages, from the Markdown of the repository. */
// @ts-types="npm:@types/markdown-it@14.1.2"
import MarkdownIt from "markdown-it";
import { STYLE } from "./style.ts";

/** A page of the site. */
export interface Page {
  /** The Markdown file, from the root of the repository. */
  readonly source: string;
  /** The file of the site. */
  readonly target: string;
  /** What the navigation calls it. */
  readonly title: string;
}

/** In the order of the navigation; what follows is found by links only. */
const LISTED: readonly (readonly [source: string, title: string])[] = [
  ["README.md", "corral"],
  ["docs/start.md", "Start"],
  ["docs/guide.md", "Guide"],
  ["docs/recipes.md", "Recipes"],
  ["docs/command.md", "Command"],
  ["docs/cluster.md", "Cluster"],
  ["docs/observability.md", "Observability"],
  ["docs/security.md", "Security"],
  ["docs/troubleshooting.md", "Troubleshooting"],
  ["docs/coming_from_python.md", "From Python"],
  ["docs/moving.md", "Moving"],
  ["docs/platforms.md", "Platforms"],
  ["docs/benchmarks.md", "Benchmarks"],
  ["docs/design.md", "Design"],
  ["CONTRIBUTING.md", "Contributing"],
  ["SECURITY.md", "Reporting"],
  ["CHANGELOG.md", "Changelog"],
];

/** All pages: the listed ones that exist, and the decisions. */
export function pagesOf(files: readonly string[]): Page[] {
  const listed = LISTED.filter(([source]) => files.includes(source));
  const rest = files.filter((file) => file.startsWith("docs/decisions/")).map((file) => [file, ""] as const);
  return [...listed, ...rest].map(([source, title]) => ({ source, title, target: targetOf(source) }));
}

function targetOf(source: string): string {
  if (source === "README.md") return "index.html";
  if (source === "SECURITY.md") return "security_policy.html";
  return source.replace(/^docs\//, "").replace(/\.md$/, ".html").toLowerCase();
}

/** What GitHub makes of a heading, so that links to it work in both places. */
export function anchorOf(heading: string): string {
  return heading.trim().toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
}

/** Draws a page. Links to other Markdown files lead to their pages; what is not part of the site leads to the repository. */
export function drawPage(page: Page, markdown: string, pages: readonly Page[], repository: string): string {
  const body = renderer(page, pages, repository).render(markdown);
  const links = pages.filter(({ title }) => title !== "").map((one) =>
    `<a href="${pathFrom(page.target, one.target)}"${one === page ? ' aria-current="page"' : ""}>${one.title}</a>`
  );
  const heading = /^# (.*)$/m.exec(markdown)?.[1] ?? page.source;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${heading === "corral" ? "corral: multiprocessing for Deno" : `${heading} – corral`}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<nav aria-label="Pages">${links.join("\n")}
<a href="${pathFrom(page.target, "api/index.html")}">Reference</a></nav>
<main id="content">
${body}</main>
</body>
</html>
`;
}

function renderer(page: Page, pages: readonly Page[], repository: string): MarkdownIt {
  const markdown = new MarkdownIt({ html: true, linkify: false });
  const { rules } = markdown.renderer;
  const seen = new Map<string, number>();
  rules.heading_open = (tokens, index) => {
    const anchor = anchorOf(tokens[index + 1]!.content.replaceAll("`", ""));
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return `<${tokens[index]!.tag} id="${count === 0 ? anchor : `${anchor}-${count}`}">`;
  };
  rules.link_open = (tokens, index, options, _, self) => {
    const token = tokens[index]!;
    const href = token.attrGet("href")!;
    token.attrSet("href", linkFrom(page, href, pages, repository));
    // On the site, a page goes by its title and not by its file.
    const text = tokens[index + 1]!;
    const target = targetIn(page, href, pages);
    if (target?.title && /^(?:docs\/)?\w+\.md$/.test(text.content)) text.content = target.title;
    return self.renderToken(tokens, index, options);
  };
  // Wide tables and long lines scroll by themselves, and the keyboard reaches them.
  rules.table_open = () => '<div class="scroll" tabindex="0"><table>';
  rules.table_close = () => "</table></div>";
  return markdown;
}

/** Where a link of a Markdown file leads on the site. */
export function linkFrom(page: Page, href: string, pages: readonly Page[], repository: string): string {
  if (/^[a-z]+:|^#/.test(href)) return href;
  const { pathname, hash } = new URL(href, `file:///${page.source}`);
  const target = targetIn(page, href, pages);
  return target === undefined
    ? `${repository}/blob/main${pathname}${hash}`
    : pathFrom(page.target, target.target) + hash;
}

/** The page of the site that a link of a Markdown file leads to. */
function targetIn(page: Page, href: string, pages: readonly Page[]): Page | undefined {
  if (/^[a-z]+:/.test(href)) return undefined;
  const path = new URL(href, `file:///${page.source}`).pathname.slice(1);
  return pages.find(({ source }) => source === path);
}

function pathFrom(from: string, to: string): string {
  return "../".repeat(from.split("/").length - 1) + to;
}
