// Unit: the lanes of agents, as a pool shows them.
import { assertEquals } from "@std/assert";
import { Entry, type EntryState } from "../../src/client/entry.ts";
import { Lanes } from "../../src/client/lanes.ts";
import type { KnownAgent } from "../../src/broker.ts";

const agent = (name: string, lanes: number): KnownAgent => ({
  id: name,
  pid: 7,
  name,
  lanes,
  modules: ["code"],
  corral: "0.1.0",
  startedAt: new Date(0),
});

function entry(state: EntryState, agent = ""): Entry {
  const one = new Entry(1, "job", {} as never, {} as never);
  return Object.assign(one, { state, agent });
}

Deno.test("Lanes shows as many busy lanes as tasks run, also where it is not known yet on which agent", () => {
  const lanes = new Lanes();
  lanes.update([agent("a", 2), agent("b", 2)], "code");
  const busy = (...entries: Entry[]) =>
    lanes.workers(entries).filter(({ state }) => state === "busy").map(({ workerId }) => workerId);
  assertEquals(busy(entry("sent"), entry("waiting")), []);
  assertEquals(busy(entry("begun", "b")), [2]);
  assertEquals(busy(entry("begun", "b"), entry("begun")), [0, 2]);
  assertEquals(busy(entry("begun"), entry("begun"), entry("begun", "a")), [0, 1, 2]);
  assertEquals(busy(...Array.from({ length: 9 }, () => entry("begun"))), [0, 1, 2, 3]);
});

Deno.test("Lanes counts a task once where two agents have the same name", () => {
  const lanes = new Lanes();
  lanes.update([agent("same", 1), agent("same", 2)], "code");
  lanes.answered("same");
  const workers = lanes.workers([entry("begun", "same"), entry("begun", "same")]);
  assertEquals(workers.map(({ state, tasksDone }) => [state, tasksDone]), [["busy", 1], ["busy", 0], ["idle", 0]]);
});

Deno.test("Lanes has no more lanes than a pool may have workers, however many agents there seem to be", () => {
  const lanes = new Lanes();
  lanes.update([agent("honest", 4), ...Array.from({ length: 1000 }, (_, n) => agent(`forged ${n}`, 65_000))], "code");
  assertEquals([lanes.count, lanes.workers([]).length], [65_004, 65_004]);
});

Deno.test("Lanes forgets what agents that are gone have done, of which there may be ever more", () => {
  const lanes = new Lanes();
  const done = () => lanes.workers([]).map(({ tasksDone }) => tasksDone);
  lanes.update([agent("stays", 1), agent("leaves", 1)], "code");
  for (const name of ["stays", "leaves"]) lanes.answered(name);
  lanes.update([agent("stays", 1)], "code");
  lanes.update([agent("stays", 1), agent("leaves", 1)], "code");
  assertEquals(done(), [1, 0]);
});
