/** The live page: what the browser gets. It loads nothing else, and its script and style are named by their hash. */
import { SCRIPT } from "./page_script.ts";
import { STYLE } from "./page_style.ts";

/** How many workers a viewer can have a pool run. */
export const MOST_WORKERS = 1024;

/** The page of a pool. */
export async function page(name: string): Promise<Response> {
  const policy =
    `default-src 'none'; connect-src 'self'; script-src ${await hashOf(SCRIPT)}; style-src ${await hashOf(STYLE)}; ` +
    `base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return new Response(text(name), {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy,
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
  });
}

async function hashOf(source: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(source)));
  return `'sha256-${digest.toBase64()}'`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function text(name: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escaped(name)}: corral</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${overview(name)}${DETAILS}</main>
<noscript>This page needs scripts: it shows what changes.</noscript>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

/** What is seen first: the name, the counts, the charts. */
function overview(name: string): string {
  return `<header>
<h1 id="name">${escaped(name)}</h1>
<p><span id="connection" role="status">connecting …</span> <span id="uptime"></span></p>
<p id="controls" hidden>
<button type="button" id="pause">Pause</button>
<label>Workers <input type="number" id="size" min="1" max="${MOST_WORKERS}" step="1" required></label>
<button type="button" id="resize">Set</button>
<span class="down" id="trouble" role="alert"></span>
</p>
</header>
<section aria-labelledby="items-title" id="items" hidden>
<h2 id="items-title"></h2>
<dl class="tiles" id="item-totals"></dl>
</section>
<section aria-labelledby="totals-title">
<h2 id="totals-title">Tasks</h2>
<dl class="tiles" id="totals"></dl>
</section>
<section aria-labelledby="time-title">
<h2 id="time-title">Over time</h2>
<p class="ranges" role="group" aria-label="Range of the charts" id="ranges"></p>
<div class="charts" id="charts"></div>
</section>
`;
}

/** The tables below. */
const DETAILS = `<section aria-labelledby="workers-title">
<h2 id="workers-title">Workers</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="workers-title"><table>
<thead><tr><th scope="col">Worker</th><th scope="col">State</th><th scope="col">Task</th><th scope="col" class="n">Done</th>
<th scope="col" class="n">Restarts</th><th scope="col" class="n">Memory</th><th scope="col" class="n">CPU</th><th scope="col">Process</th></tr></thead>
<tbody id="workers"></tbody>
</table></div>
<p class="soft" id="usage-hint" hidden>Memory and CPU are shown when the program may run <code>ps</code>: <code>--allow-run=deno,ps</code>.</p>
</section>
<section aria-labelledby="output-title">
<h2 id="output-title">Last output</h2>
<div id="outputs"></div>
</section>
<section aria-labelledby="failures-title">
<h2 id="failures-title">Failures</h2>
<p id="no-failures">None.</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="failures-title"><table id="failure-table" hidden>
<thead><tr><th scope="col" class="n">Count</th><th scope="col">Last</th><th scope="col">Error</th></tr></thead>
<tbody id="failures"></tbody>
</table></div>
</section>
<section aria-labelledby="grants-title">
<h2 id="grants-title">What each worker may do</h2>
<ul id="grants"></ul>
</section>
`;
