/** What failed, in a report. All of the text comes from tasks and records, which need not be trusted. */

import type { RecordEvent } from "../../records/run_events.ts";
import { formatCount, formatDuration } from "@corral/multiprocessing/progress/parts";
import { type Html, html } from "./html.ts";
import { outcomeMark } from "./outcome_marks.ts";
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
        <table class="kinds">
          <thead>
            <tr>
              <th scope="col" class="n">records<th scope="col">outcome<th scope="col">error</tr></thead>
    <tbody>${sorted.slice(0, GROUPS_SHOWN).map(groupRow)}</tbody>
    </table></div>
    ${sorted.length > GROUPS_SHOWN
      ? html`<p>and ${formatCount(sorted.length - GROUPS_SHOWN)} kinds more.</p>`
      : undefined}
    <h3>${more > 0 ? `The first ${formatCount(failures.length)}` : "One by one"}</h3>
    <div class="scroll"><table class="records">
    <thead><tr><th scope="col" class="n">record<th scope="col">from<th scope="col">outcome<th scope="col" class="n">attempt<th scope="col" class="n">took<th scope="col">error</tr></thead>
    <tbody>${failures.map(failureRow)}</tbody>
    </table></div>
    ${more > 0 ? html`<p>and ${formatCount(more)} more, which the event file has.</p>` : undefined}
    </section>
  `;
}

function groupRow({ count, outcome, error, varies }: FailureGroup): Html {
  const others = varies
    ? html`
      <small>and the like, with other numbers or names</small>
    `
    : undefined;
  return html`
    <tr>
      <td class="n">${formatCount(count)}<td>${tag(outcome)}<td class="text">${error}${others}</tr>
  `;
}

/** The records that took longest. */
export function slowestSection({ slowest }: RunSummary): Html {
  return html`
    <section>
      <h2>Slowest records</h2>
      <div class="scroll">
        <table class="slowest">
          <thead>
            <tr>
              <th scope="col"
                class="n">took<th scope="col" class="n">record<th scope="col">outcome<th scope="col">worker<th scope="col">from</tr></thead>
    <tbody>${slowest.map(slowRow)}</tbody>
    </table></div>
    </section>
  `;
}

function slowRow({ sequence, input, line, outcome, durationMs, slot }: RecordEvent): Html {
  return html`
    <tr>
      <td class="n">${formatDuration(durationMs)}<td class="n">${sequence}<td>${tag(
        outcome,
      )}<td>${slot}<td class="text">${placeOf(input, line)}</tr>
  `;
}

function placeOf(input: string, line: number): string {
  return input === "-" ? `stdin:${line}` : `${input}:${line}`;
}

function failureRow({ sequence, input, line, outcome, attempt, durationMs, error, excerpt }: RecordEvent): Html {
  const place = placeOf(input, line);
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
  return html`<span class="tag ${outcome}">${outcomeMark(outcome)} ${outcome}</span>`;
}

/** The text may be anything that is JSON. */
function cut(text: unknown, length = TEXT_LENGTH): string {
  const all = `${text}`;
  return all.length <= length ? all : `${all.slice(0, length)}…`;
}
