// Policy: one task on an agent, with a scripted backend and job: what it reports and prints.
import { assert, assertEquals } from "@std/assert";
import type { AgentJob } from "../../src/bullmq/job_source.ts";
import { Run, type RunEnd } from "../../src/agent/run.ts";
import type { Completion, TaskBackend, TaskHandle, TaskRequest } from "../../src/corral.ts";
import { type Letter, Sealer } from "../../src/message/letter.ts";
import { SECRET } from "../helpers/secret.ts";
import { VirtualClock } from "../helpers/virtual_clock.ts";

/** A task that ends when the test says so. */
class Stage {
  readonly clock = new VirtualClock();
  readonly log: string[] = [];
  /** Progress that is being told, and what ends each. */
  readonly told: { readonly value: string; readonly done: () => void }[] = [];
  completion!: Completion;
  readonly run: Run;
  readonly end: Promise<RunEnd>;

  constructor() {
    const job: AgentJob = {
      ...{ id: "c0-1", data: undefined, starts: 1, startsAgain: () => Promise.resolve() },
      progress: ({ l }: Letter) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.told.push({ value: JSON.parse(l).value.x, done: resolve });
        return promise;
      },
      log: (text, rows) => {
        this.log.push(text);
        this.log.splice(0, this.log.length - rows);
        return Promise.resolve();
      },
    };
    const submit = (_request: TaskRequest, completion: Completion): TaskHandle => {
      this.completion = completion;
      return { id: 1 } as TaskHandle;
    };
    const backend = { submit, hasBegun: () => true } as unknown as TaskBackend;
    this.run = new Run(job, "c0", {
      ...{ backend, sealer: new Sealer(SECRET), clock: this.clock },
      onWorkerLost: (_error, goOn) => goOn(),
    });
    this.end = this.run.start({} as TaskRequest);
  }
}

Deno.test("Run.start() ends when all progress has been told, one value after the other, the newest last", async () => {
  const { clock, told, completion, end } = new Stage();
  let ended = false;
  void end.then(() => {
    ended = true;
  });
  completion.progress(1);
  await clock.runUntil(() => told.length === 1, 1000);
  for (const value of [2, 3]) completion.progress(value);
  clock.after(1000, () => {});
  await clock.runUntil(() => clock.now() >= 1000, 2000);
  assertEquals(told.map(({ value }) => value), ["1"]);
  completion.resolve(7, 1);
  await turn();
  assertEquals([told.length, ended], [1, false]);
  told[0]!.done();
  await turn();
  assertEquals([told.map(({ value }) => value), ended], [["1", "3"], false]);
  told[1]!.done();
  assertEquals((await end).ok, true);
});

Deno.test("Run tells progress that came while other progress was told, without another value or the end", async () => {
  const { clock, told, completion, end } = new Stage();
  completion.progress(1);
  await clock.runUntil(() => told.length === 1, 1000);
  completion.progress(2);
  told[0]!.done();
  await clock.runUntil(() => told.length === 2, 1000);
  told[1]!.done();
  completion.resolve(7, 1);
  await end;
  assertEquals(told.map(({ value }) => value), ["1", "2"]);
});

Deno.test("Run.printed() keeps characters whole that come in two parts", async () => {
  const { run, log, completion, end } = new Stage();
  const bytes = new TextEncoder().encode("h\u00e9 \u6f22\n");
  for (const byte of bytes) run.printed(Uint8Array.of(byte));
  completion.resolve(7, 1);
  await end;
  assertEquals(log.join(""), "h\u00e9 \u6f22\n");
});

Deno.test("Run.printed() leaves no NUL, which PostgreSQL does not store", async () => {
  const { run, log, completion, end } = new Stage();
  run.printed(new TextEncoder().encode("a\0b\n"));
  completion.resolve(7, 1);
  await end;
  assertEquals(log, ["a\ufffdb\n"]);
});

Deno.test("Run.printed() leaves a bounded part on the server of what a task prints for long, and that is the last", async () => {
  const { run, log, clock, completion, end } = new Stage();
  log.push("of an earlier start");
  const line = "\u6f22".repeat(1000);
  for (let second = 1; second <= 100; second++) {
    for (let part = 0; part < 50; part++) run.printed(new TextEncoder().encode(`${line}${second}\n`));
    clock.after(1000, () => {});
    await clock.runUntil(() => clock.now() >= second * 1000, 1001);
  }
  run.printed(new TextEncoder().encode("the last word"));
  completion.resolve(7, 1);
  await end;
  const bytes = new TextEncoder().encode(log.join("")).byteLength;
  assert(bytes > 128 * 1024 && bytes <= 256 * 1024 + 10, `${bytes}`);
  assertEquals(log.at(-1), "the last word");
  assert(log.at(-2)!.endsWith("100\n"));
});

Deno.test("Run.printed() leaves what an earlier start has printed until this one has filled the log", async () => {
  const { run, log, completion, end } = new Stage();
  log.push("of an earlier start");
  run.printed(new TextEncoder().encode("of this one"));
  completion.resolve(7, 1);
  await end;
  assertEquals(log, ["of an earlier start", "of this one"]);
});

/** Lets promises that can settle do so. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
