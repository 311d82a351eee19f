// Unit: a sweeper asks for what has no event.
import { assertEquals } from "@std/assert";
import type { Broker, JobState } from "../../src/broker.ts";
import { Entry } from "../../src/client/entry.ts";
import { Sweeper, type SweeperOptions } from "../../src/client/sweeper.ts";
import { VirtualClock } from "../helpers/virtual_clock.ts";

function entry(jobId: string, state: Entry["state"] = "sent"): Entry {
  return Object.assign(new Entry(1, jobId, {} as never, {} as never), { state });
}

/** A sweeper without rounds, what it asked its broker for, and what it has told. */
function make(inspect: (ids: readonly string[]) => Promise<JobState[]>) {
  const asked: string[][] = [];
  const told: string[] = [];
  const broker = {
    inspect(ids: readonly string[]) {
      asked.push([...ids]);
      return inspect(ids);
    },
  } as unknown as Broker;
  const onState: SweeperOptions["onState"] = ({ jobId }, { state }) => told.push(`${jobId} ${state}`);
  return { sweeper: new Sweeper({ broker, onState } as unknown as SweeperOptions), asked, told };
}

const finished = (ids: readonly string[]) =>
  Promise.resolve(ids.map(() => ({ state: "finished" }) as unknown as JobState));

Deno.test("Sweeper.ask() asks at the end of the turn, for all of it together, and only for what is out", async () => {
  const { sweeper, asked, told } = make(finished);
  for (const one of [entry("a"), entry("b"), entry("c", "ended")]) sweeper.ask(one);
  assertEquals(asked, []);
  // Its microtask, and those of the answer.
  await new Promise((resolve) => setTimeout(resolve));
  sweeper.ask(entry("d"));
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(asked, [["a", "b"], ["d"]]);
  assertEquals(told, ["a finished", "b finished", "d finished"]);
});

Deno.test("Sweeper.ask() asks nothing when it has been stopped, and leaves what fails to the next round", async () => {
  const { sweeper, asked, told } = make(() => Promise.reject(new Error("away")));
  sweeper.ask(entry("a"));
  await new Promise((resolve) => setTimeout(resolve));
  sweeper.stop();
  sweeper.ask(entry("b"));
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([asked, told], [[["a"]], []]);
});

Deno.test("Sweeper sees what became of jobs when the list of agents cannot be read", async () => {
  const clock = new VirtualClock();
  const told: string[] = [];
  const one = Object.assign(entry("a"), { sentAt: -10_000 });
  const sweeper = new Sweeper({
    broker: { agents: () => Promise.reject(new SyntaxError("spoiled")), inspect: finished, sweepMs: 1000 },
    clock,
    pursuit: { ids: [], press: () => Promise.resolve() },
    agentTimeoutMs: 1000,
    entries: () => [one],
    onState: ({ jobId }: Entry, { state }: JobState) => told.push(`${jobId} ${state}`),
    isWanted: () => true,
    onRound: () => {},
  } as unknown as SweeperOptions);
  sweeper.wakeNow();
  await clock.runUntil(() => told.length > 0, 5000);
  assertEquals(told, ["a finished"]);
  sweeper.stop();
});
