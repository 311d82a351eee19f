/** The page of a report. */

import { formatBytes, formatCount, formatDuration, formatRate } from "@corral/multiprocessing/progress/parts";
import { colourOf, durationChart, throughputChart, timelineChart } from "./charts.ts";
import { failureSection, slowestSection } from "./failure_section.ts";
import { Html, html } from "./html.ts";
import { outcomeMark, OUTCOMES } from "./outcome_marks.ts";
import { type Draw, loadPlot } from "./plot.ts";
import type { RunSummary, SlotSummary } from "./run_summary.ts";
import { STYLE } from "./style.ts";

/** Draws the page. It has no script, and the browser is told to load nothing. See `docs/decisions/command.md`. */
export async function reportPage(summary: RunSummary): Promise<string> {
  const draw = await loadPlot();
  const title = titleOf(summary);
  const page = html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width">
        <meta name="color-scheme" content="light dark">
        <title>${title}</title>
        <style>${new Html(STYLE)}</style>
      </head>
      <body>
        <main>
    <header>
    <h1>${title}</h1>
    <p>${statusOf(summary)} ${startOf(summary)}</p>
    </header>
    ${tiles(summary)}
    ${summary.durations.count === 0
      ? html`
        <section>
          <p>No record came to a worker.</p>
        </section>
      `
      : charts(draw, summary)}
    ${failureSection(summary)}
    ${summary.slowest.length > 0 ? slowestSection(summary) : undefined}
    ${workerSection(summary)}
    ${runSection(summary)}
        </main>
      </body>
    </html>
  `;
  return page.text;
}

function titleOf({ start }: RunSummary): string {
  const name = `${start?.module}`.split("/").at(-1)!;
  return `corral map ${name}${start?.export === "default" ? "" : `#${start?.export}`}`;
}

function statusOf({ end, failed }: RunSummary): Html {
  if (!end) return html`<strong class="bad">cut off</strong>: the events do not tell how the run ended.`;
  const well = end.reason === "finished";
  const reason = html`<strong class="${!well ? "bad" : failed === 0 ? "good" : ""}">${end.reason}</strong>`;
  const failures = failed === 0 ? undefined : html`, <strong class="bad">${formatCount(failed)} failed</strong>`;
  return html`${reason}${failures}, exit code ${end.exitCode}.`;
}

function startOf({ start }: RunSummary): Html {
  const at = new Date(start?.startedAt ?? NaN);
  const inputs = [start?.inputs ?? []].flat().map((input) => input === "-" ? "stdin" : input).join(", ");
  return html`Began ${
    Number.isNaN(at.getTime()) ? "at an unknown time" : at.toISOString().replace("T", " ").slice(0, 19)
  } UTC; input: ${inputs}.`;
}

function tiles(summary: RunSummary): Html {
  const { durations, durationMs, slots, retries, input } = summary;
  const records = summary.end?.records ?? summary.records;
  const busyMs = slots.reduce((sum, slot) => sum + slot.busyMs, 0);
  const retried = [...retries.values()].reduce((sum, count) => sum + count, 0);
  const median = durations.count === 0 ? "none" : formatDuration(durations.quantile(0.5));
  const longest = durations.count === 0 ? undefined : `at most ${unbroken(formatDuration(durations.maxMs))}`;
  return html`<section class="tiles">
${tile("records", formatCount(records), outcomesOf(summary))}
${tile("failed", formatCount(summary.failed), share(summary.failed, summary.records), summary.failed > 0)}
${tile("results", formatCount(summary.results), input.bytes > 0 ? `${formatBytes(input.bytes)} read` : undefined)}
${tile("time", formatDuration(durationMs), formatRate(records / Math.max(durationMs, 1) * 1000))}
${tile("time of a record", median, longest && `median, ${longest}`)}
${tile("workers", formatCount(slots.length), `${percent(busyMs, durationMs * slots.length)} busy`)}
${
    tile(
      "retries",
      formatCount(retried),
      [...retries].map(([reason, count]) => `${formatCount(count)} ${reason}`).join(", "),
    )
  }
</section>`;
}

function tile(name: string, value: string, note?: string, bad = false): Html {
  return html`<div class="tile"><span>${name}</span><b class="${bad ? "bad" : ""}">${value}</b><small>${
    note ?? ""
  }</small></div>`;
}

function outcomesOf({ outcomes }: RunSummary): string {
  return OUTCOMES.filter((outcome) => outcomes.has(outcome))
    .map((outcome) => unbroken(`${formatCount(outcomes.get(outcome)!)} ${outcome}`)).join(", ");
}

function charts(draw: Draw, summary: RunSummary): Html {
  return html`
    <section>
    <h2>Workers over time</h2>
    <figure>${new Html(timelineChart(draw, summary))}</figure>
    ${legend(summary)}
    </section>
    <section>
      <h2>Throughput</h2>
      <figure>${new Html(throughputChart(draw, summary))}</figure>
    </section>
    <section>
      <h2>Durations</h2>
      <figure>${new Html(durationChart(draw, summary))}</figure>
    </section>
  `;
}

function legend({ spans, outcomes, failed }: RunSummary): Html {
  const single = spans.length > 0;
  const keys = single
    ? OUTCOMES.filter((outcome) => outcomes.has(outcome) && outcome !== "invalid")
      .map((outcome) => key(`${outcomeMark(outcome)} ${outcome}`, colourOf(outcome)))
    : [
      key("busy (the stronger, the more of the time)", "var(--ok)"),
      ...(failed > 0 ? [key("records failed (the stronger, the more of them)", "var(--error)")] : []),
    ];
  return html`<p class="legend">${keys}${key("worker starts", "var(--process)")}${
    key("worker waits", "var(--process)", 0.35)
  }</p>`;
}

function key(name: string, colour: string, opacity = 1): Html {
  return html`<span><i style="background:${colour};opacity:${opacity}"></i>${name}</span>`;
}

function workerSection(summary: RunSummary): Html {
  return html`
    <section>
      <h2>Workers</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th
                scope="col">worker<th scope="col" class="n">records<th scope="col" class="n">failed<th scope="col" class="n">busy<th scope="col" class="n">processes<th scope="col">how they ended</tr></thead>
    <tbody>${summary.slots.map((slot) => workerRow(slot, summary.durationMs))}</tbody>
    </table></div>
    </section>
  `;
}

/** What was run, with what, and on what. */
function runSection({ start }: RunSummary): Html {
  const facts: [name: string, value: string | undefined][] = [
    ["function", start?.source ?? `${start?.module}#${start?.export}`],
    ["command", start?.args && `corral map ${[start.args].flat().join(" ")}`],
    ["versions", start?.corral && `corral ${start.corral}, Deno ${start.deno}`],
    ["system", start?.system],
  ];
  return html`
    <section>
      <h2>The run</h2>
      <dl>${facts.filter(([, value]) => value !== undefined).map(([name, value]) =>
        html`
          <dt>${name}</dt>
          <dd><code>${`${value}`.slice(0, 4000)}</code></dd>
        `
      )}</dl>
    </section>
  `;
}

function workerRow(one: SlotSummary, durationMs: number): Html {
  const { slot, records, failed, busyMs, processes } = one;
  return html`
    <tr>
      <td>${slot}<td class="n">${formatCount(records)}<td class="n">${formatCount(failed)}<td class="n">${percent(
        busyMs,
        durationMs,
      )}<td class="n">${formatCount(processes)}<td>${badEnds(one)}</tr>
  `;
}

function badEnds({ lives }: SlotSummary): string {
  return lives.filter(({ exitCode, signal }) => signal || exitCode)
    .map(({ pid, exitCode, signal, exitedMs }) =>
      `process ${pid} after ${formatDuration(exitedMs ?? 0)}: ${signal ?? `exit code ${exitCode}`}`
    ).join("; ");
}

function percent(part: number, whole: number): string {
  return `${whole <= 0 ? 0 : Math.round(Math.min(1, part / whole) * 100)} %`;
}

/** A number stays on the line of its unit. */
function unbroken(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}

function share(part: number, whole: number): string | undefined {
  return part === 0 || whole === 0 ? undefined : `${Number((part / whole * 100).toPrecision(2))} % of the records`;
}
