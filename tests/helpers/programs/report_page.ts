/** Pages of reports, and what tests look for in them. */
import { parseHTML } from "linkedom";
import { createReport } from "../../../cli/observers/report/mod.ts";
import type { RunEvent } from "../../../cli/records/run_events.ts";
import { inFolder } from "./corral.ts";
import { recordEvent, STARTED_AT, startEvent } from "./run_events.ts";

/** The page of a run. */
export async function pageOf(events: Iterable<RunEvent>): Promise<string> {
  return await inFolder(async (folder) => {
    const report = await createReport(`${folder}/run.html`);
    for (const event of events) await report.receive([event]);
    await report.close();
    return await Deno.readTextFile(`${folder}/run.html`);
  });
}

/** The parts of a page that the tests look at. */
export interface Page {
  texts(selector: string): string[];
  count(selector: string): number;
}

/** Reads a page. */
export function parse(text: string): Page {
  const { document } = parseHTML(text) as unknown as {
    document: { querySelectorAll(selector: string): Iterable<{ textContent: string }> };
  };
  const texts = (selector: string) => [...document.querySelectorAll(selector)].map(({ textContent }) => textContent);
  return { texts, count: (selector) => texts(selector).length };
}

const HOSTILE =
  `</script></title></style><script>document.title="changed"</script><img src=x onerror="document.title='changed'">'"&`;

/** A run in which everything that can be text is markup. */
export function hostileRun(url = ""): RunEvent[] {
  const text =
    `${HOSTILE}<img src="${url}/leak"><link rel=stylesheet href="${url}/leak"><iframe src="${url}/leak"></iframe>`;
  const error = { name: text, message: text, stack: text };
  return [
    startEvent({ module: `file:///${text}`, export: text, inputs: [text] }),
    ...["error", "crash", "timeout", text].map((outcome, at) =>
      recordEvent(at + 1, {
        outcome: outcome as "error",
        error,
        excerpt: text,
        input: text,
        line: text as unknown as number,
      })
    ),
    { type: "worker", at: STARTED_AT + 1, slot: 0, pid: 1, state: "spawn" },
    { type: "worker", at: STARTED_AT + 2, slot: 0, pid: 1, state: "exit", exitCode: 1, signal: text },
    { type: "retry", at: STARTED_AT + 2, sequence: 1, slot: 0, attempt: 1, reason: text as "error" },
    {
      type: "end",
      at: STARTED_AT + 99,
      reason: text as "halted",
      exitCode: text as unknown as number,
      records: 4,
      failed: 4,
      results: 0,
    },
  ];
}

/** What could act or load. */
export const ACTIVE = "script, img, link, iframe, object, embed, base, form, [src], [href], [onerror], [onload]";
