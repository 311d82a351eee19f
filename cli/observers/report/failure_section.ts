/** What failed, in a report. All of the text comes from tasks and records, which need not be trusted. */

import type { RecordEvent } from "../../records/run_events.ts";
import { formatCount, formatDuration } from "@corral/multiprocessing/progress/parts";
import { type Html, html } from "./html.ts";
import type { FailureGroup, RunSummary } from "./run_summary.ts";

const GROUPS_SHOWN = 20;
const TEXT_LENGTH = 4000;

/** The kinds of failures, and the first of them one by one. */
export function failureSection(summary: RunSummary): Html {
  const { failed, failures, groups } = summary;
  if (failed === 0) {
    return html`
      <section>
        <h2>Failures</h2>
        <p>None.</p>
      </section>
    `;
  }
  const sorted = [...groups.values()].sort((a, b) => b.count - a.count);
  const more = failed - failures.length;
  return html`
    <section>
      <h2>Failures</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th class="n">records<th>outcome<th>error</tr></thead>
    <tbody>${sorted.slice(0, GROUPS_SHOWN).map(groupRow)}</tbody>
    </table></div>
    ${sorted.length > GROUPS_SHOWN
      ? html`<p>and ${formatCount(sorted.length - GROUPS_SHOWN)} kinds more.</p>`
      : undefined}
    <h3>${more > 0 ? `The first ${formatCount(failures.length)}` : "One by one"}</h3>
    <div class="scroll"><table>
    <thead><tr><th class="n">record<th>from<th>outcome<th class="n">attempt<th class="n">took<th>error</tr></thead>
    <tbody>${failures.map(failureRow)}</tbody>
    </table></div>
    ${more > 0 ? html`<p>and ${formatCount(more)} more, which the event file has.</p>` : undefined}
    </section>
  `;
}

function groupRow({ count, outcome, error }: FailureGroup): Html {
  return html`
    <tr>
      <td class="n">${formatCount(count)}<td>${tag(outcome)}<td class="text">${error}</tr>
  `;
}

function failureRow({ sequence, input, line, outcome, attempt, durationMs, error, excerpt }: RecordEvent): Html {
  const place = input === "-" ? `stdin:${line}` : `${input}:${line}`;
  const text = `${error?.name ?? outcome}: ${error?.message ?? ""}`;
  const took = outcome === "invalid" ? "" : formatDuration(durationMs);
  const details = [
    error?.stack && html`<pre>${cut(error.stack)}</pre>`,
    excerpt && html`
      <p>The record begins:</p>
      <pre>${cut(excerpt)}</pre>
    `,
  ].filter((part) => part !== undefined && part !== "");
  const summary = cut(text, 300);
  const shown = details.length === 0 ? summary : html`<details><summary>${summary}</summary>${details}</details>`;
  return html`
    <tr>
      <td
        class="n">${sequence}<td class="text place">${place}<td>${tag(
          outcome,
        )}<td class="n">${attempt}<td class="n">${took}<td class="text">${shown}</tr>
  `;
}

function tag(outcome: RecordEvent["outcome"]): Html {
  return html`<span class="tag ${outcome}">${outcome}</span>`;
}

/** The text may be anything that is JSON. */
function cut(text: unknown, length = TEXT_LENGTH): string {
  const all = `${text}`;
  return all.length <= length ? all : `${all.slice(0, length)}…`;
}
