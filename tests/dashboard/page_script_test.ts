// Unit tests of the live page's script, in a document without a browser.
import { assert, assertEquals } from "@std/assert";
import { parseHTML } from "linkedom";
import { page } from "../../src/dashboard/page.ts";
import { until } from "../helpers/programs/processes.ts";
import { SCRIPT } from "../../src/dashboard/page_script.ts";
import type { FailureView, PageState, Sample, WorkerView } from "../../src/dashboard/state.ts";

const LIMIT_MS = 60_000;

/** An element, as far as the tests look at it. */
interface Element {
  readonly textContent: string;
  readonly children: readonly Element[];
  getAttribute(name: string): string | null;
  click(): void;
  querySelectorAll(selector: string): Iterable<Element>;
}

/** The page, what tells it an event, and what answers its commands. */
async function opened(fetch?: () => Promise<Response>): Promise<
  { all: (selector: string) => Element[]; tell: (event: string, data: unknown) => void; isClosed: () => boolean }
> {
  const { document } = parseHTML(await (await page("pool")).text()) as unknown as { document: Element };
  const listeners = new Map<string, (event: { data: string }) => void>();
  let closed = false;
  class EventSource {
    close(): void {
      closed = true;
    }
    addEventListener(event: string, listener: (event: { data: string }) => void): void {
      listeners.set(event, listener);
    }
  }
  new Function("document", "EventSource", "location", "fetch", SCRIPT)(document, EventSource, { search: "" }, fetch);
  return {
    all: (selector) => [...document.querySelectorAll(selector)],
    tell: (event, data) => listeners.get(event)!({ data: JSON.stringify(data) }),
    isClosed: () => closed,
  };
}

function stateOf(
  workerIds: number[],
  failures: [name: string, count: number][],
  more: Partial<PageState> = {},
): object {
  const idle = { state: "idle", task: null, tasksDone: 0, restarts: 0, memoryMiB: null, cpuPercent: null, output: "" };
  return {
    now: 10_000,
    paused: false,
    workersWanted: 3,
    totals: {},
    workers: workerIds.map((workerId): WorkerView => ({ ...idle, workerId, pid: workerId })),
    failures: failures.map(([name, count]): FailureView => ({ name, shape: "", example: "", count, lastAt: 0 })),
    samples: [[]],
    ...more,
  };
}

function startOf(state: object, samples: Partial<Sample>[] = []): object {
  const resolutions = [{ stepMs: 1000, steps: 300 }];
  return { name: "pool", startedAt: 0, control: false, grants: [], resolutions, samples: [samples], state };
}

Deno.test("The live page keeps workers in the order of their numbers, and the most frequent failure first", async () => {
  const { all, tell } = await opened();
  const first = (rows: string): string[] => all(`${rows} tr`).map((row) => row.children[0]!.textContent);
  tell("start", startOf(stateOf([0, 1, 2], [["A", 2], ["B", 1]])));
  const last = all("#workers tr")[2];
  tell("state", stateOf([0, 2], [["B", 50], ["A", 2]]));
  assertEquals([first("#workers"), first("#failures")], [["0", "2"], ["50", "2"]]);
  tell("state", stateOf([0, 1, 2], [["B", 50], ["C", 20], ["A", 2]]));
  assertEquals([first("#workers"), first("#failures")], [["0", "1", "2"], ["50", "20", "2"]]);
  assert(all("#workers tr")[2] === last, "it is the same row");
});

Deno.test("The live page draws nothing that lies ahead when the program's clock was set back", async () => {
  const { all, tell } = await opened();
  const sample = { completed: 1, failed: 0, waiting: 0, running: 0, runP50Ms: 1, runP95Ms: 1 };
  tell("start", startOf(stateOf([], []), [{ ...sample, at: 8000 }, { ...sample, at: 9000 }]));
  const points = (): number => all("#charts path")[0]!.getAttribute("d")!.split(/[ML]/).length - 1;
  assertEquals(points(), 2);
  tell("state", stateOf([], [], { now: 3000, samples: [[{ ...sample, at: 2000 }]] }));
  assertEquals([points(), all("#uptime")[0]!.textContent], [1, "for 3.00 s"]);
});

Deno.test("The live page says why a command was refused until the next one, and what was printed last when all workers have left", async () => {
  const answers = [new Response("It is forbidden\n", { status: 403 }), undefined, new Response(null, { status: 204 })];
  const { all, tell } = await opened(async () => {
    const answer = answers.shift();
    if (answer === undefined) throw new TypeError("connection refused");
    return await Promise.resolve(answer);
  });
  const state = stateOf([0], []) as PageState;
  state.workers.forEach((worker) => Object.assign(worker, { output: "printed" }));
  tell("start", startOf(state));
  for (const trouble of ["It is forbidden", "The program does not answer", ""]) {
    all("#pause")[0]!.click();
    assert(await until(() => all("#trouble")[0]!.textContent === trouble, LIMIT_MS), trouble);
    tell("state", state);
    assertEquals(all("#trouble")[0]!.textContent, trouble);
  }
  tell("state", stateOf([], []));
  tell("end", { reason: "the pool has ended" });
  assertEquals([all("#workers tr").length, all("#outputs pre")[0]?.textContent], [0, "printed"]);
  assertEquals(all("#connection")[0]!.textContent, "the pool has ended");
});

Deno.test("The live page shows items where they are counted, above the tasks", async () => {
  const { all, tell } = await opened();
  const tiles = (): string[] => all("#item-totals div").map(({ textContent }) => textContent);
  const state = stateOf([], [], { items: { completed: 7, failed: 1 } });
  tell("start", { ...startOf(state), items: "Records" });
  assertEquals([all("#items-title")[0]!.textContent, ...tiles()], ["Records", "completed7", "failed1"]);
  assertEquals(all("#items")[0]!.getAttribute("hidden"), null);
  assertEquals(all("#charts b")[0]!.textContent, "Records per second");
  tell("start", { ...startOf(stateOf([], [])), items: null });
  assertEquals([all("#items")[0]!.getAttribute("hidden") === null, ...tiles()], [false]);
  assertEquals(all("#charts b")[0]!.textContent, "Tasks per second");
});

Deno.test("The live page says why it is told nothing", async () => {
  const { all, tell, isClosed } = await opened();
  tell("end", { reason: "not connected: 20 pages are open" });
  assertEquals(all("#connection")[0]!.textContent, "not connected: 20 pages are open");
  assert(isClosed(), "it does not ask again and again");
});

Deno.test("The live page does not say that the use of workers elsewhere can be shown", async () => {
  const { all, tell } = await opened();
  const here = stateOf([0], []) as PageState;
  tell("start", startOf(here));
  const isHidden = (): boolean => all("#usage-hint")[0]!.getAttribute("hidden") !== null;
  assertEquals(isHidden(), false);
  tell("state", { ...here, workers: here.workers.map((worker) => ({ ...worker, agent: "build-1" })) });
  assertEquals(isHidden(), true);
});
