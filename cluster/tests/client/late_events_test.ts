// Policy: events of jobs that were, tasks that are given up while they are written, and what is told of tasks that were lost. In virtual time.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ScriptedBroker } from "../helpers/scripted_broker.ts";

const REFUSED = { kind: "refused", reason: "stopping", detail: "it drains", starts: 0 } as const;
const ABORTED = { kind: "error", own: false, value: { t: 0, x: '"aborted"' } } as const;

Deno.test("an event of a task that was given back takes no result away when it comes behind the next start", async () => {
  const group = new ScriptedBroker();
  const call = group.submit();
  await group.pass(100);
  const late = group.end("c0-1", REFUSED);
  // The sweep is quicker than the event.
  await group.pass(2000);
  assertEquals(call.steps, ["sent", "returned", "sent"]);
  group.end("c0-1", { kind: "value", value: { t: 0, x: '"once"' } });
  group.listener.finished("c0-1", late);
  await group.pass(100);
  assertEquals(call.steps.at(-1), "value once");
});

Deno.test("a run that is given up and called again at once is sent when its old job is gone, and told nothing of that", async () => {
  const group = new ScriptedBroker();
  const first = group.submit({ runId: "nightly" });
  await group.pass(10);
  const [id = ""] = group.jobs.keys();
  group.jobs.set(id, { state: "active", agent: "a" });
  group.backend.cancel(first.handle, new Error("enough"));
  const second = group.submit({ runId: "nightly" });
  await group.pass(10_000);
  assertEquals(second.steps, []);
  const letter = group.end(id, ABORTED);
  group.listener.finished(id, letter);
  await group.pass(100);
  assertEquals(second.steps, ["sent"]);
  group.listener.finished(id, letter);
  await group.pass(60_000);
  assertEquals(second.steps, ["sent"]);
  group.end(id, { kind: "value", value: { t: 0, x: '"whole"' } });
  await group.pass(2000);
  assertEquals(second.steps.at(-1), "value whole");
});

Deno.test("a large result of a task that was given up meanwhile is taken out of the store", async () => {
  const group = new ScriptedBroker();
  const call = group.submit();
  await group.pass(10);
  group.jobs.set("c0-1", { state: "active", agent: "a" });
  group.backend.cancel(call.handle, new Error("enough"));
  await group.pass(100);
  const hash = "a".repeat(64);
  const letter = group.end("c0-1", { kind: "value", value: { t: 0, x: [hash, 100_000] } });
  group.listener.finished("c0-1", letter);
  await group.pass(100);
  assertEquals([group.dropped, group.jobs.size], [[hash], 0]);
});

Deno.test("agents are told to stop what runs, once until the next sweep, and nothing else: a word that is late would stop the next job of a run", async () => {
  const group = new ScriptedBroker();
  const [waits, runs, ended, gone] = ["a", "b", "c", "d"].map((runId) => group.submit({ runId }));
  await group.pass(10);
  const ids = [...group.jobs.keys()];
  group.jobs.set(ids[1]!, { state: "active", agent: "a" });
  group.end(ids[2]!, ABORTED);
  // The server has lost its data, perhaps, and it may run.
  group.jobs.delete(ids[3]!);
  for (const call of [waits!, runs!, ended!, gone!]) group.backend.cancel(call.handle, new Error("enough"));
  await group.pass(1.5);
  const letter = group.end(ids[1]!, ABORTED);
  for (let times = 0; times < 3; times++) group.listener.finished(ids[1]!, letter);
  await group.pass(100);
  assertEquals(group.cancelled, [ids[1], ids[3]]);
  assertEquals(group.jobs.size, 0);
});

Deno.test("a task that an agent gets while it is taken away is stopped at once", async () => {
  const group = new ScriptedBroker();
  const call = group.submit();
  await group.pass(10);
  group.backend.cancel(call.handle, new Error("enough"));
  // Between the first look and the second.
  group.clock.after(1.5, () => void group.jobs.set("c0-1", { state: "active", agent: "a" }));
  await group.pass(50);
  assertEquals(group.cancelled, ["c0-1"]);
});

Deno.test("a run that another program has taken away is told by its event", async () => {
  const group = new ScriptedBroker();
  const call = group.submit({ runId: "nightly" });
  await group.pass(10);
  const [id = ""] = group.jobs.keys();
  const letter = group.end(id, ABORTED);
  group.jobs.clear();
  group.listener.finished(id, letter);
  await group.pass(100);
  assertStringIncludes(call.steps.at(-1)!, "undefined");
  assertEquals(call.steps.includes("sent"), true);
  assertEquals(call.steps.length, 2);
});

Deno.test("a task that is given up while its order is written is taken away, also where the first word is lost", async () => {
  const group = new ScriptedBroker();
  group.addMs = 3000;
  const call = group.submit();
  await group.pass(100);
  group.backend.cancel(call.handle, new Error("enough"));
  await group.pass(2800);
  group.isDeaf = true;
  await group.pass(200);
  assertEquals([...group.jobs.keys()], ["c0-1"]);
  group.isDeaf = false;
  await group.pass(5000);
  assertEquals(group.jobs.size, 0);
  let ended = false;
  group.backend.close();
  void group.backend.ended.then(() => {
    ended = true;
  });
  await group.pass(1000);
  assert(ended);
});

Deno.test("forged events do not end a task whose order is being written", async () => {
  const group = new ScriptedBroker();
  group.addMs = 3000;
  const call = group.submit();
  await group.pass(100);
  for (let index = 0; index < 5; index++) group.listener.finished("c0-1", { l: "{}", m: "forged" });
  await group.pass(100);
  assertEquals(call.steps, []);
});

Deno.test("a task that had begun before its agent was lost is not told to be safe to retry", async () => {
  const group = new ScriptedBroker();
  const call = group.submit({ retries: 1 });
  await group.pass(100);
  group.listener.active("c0-1", "");
  group.listener.stalled("c0-1");
  group.hasAgents = false;
  await group.pass(60_000);
  assertStringIncludes(call.steps.at(-1)!, "WorkerExitError true: The task was lost: no agent has had this code");
});
