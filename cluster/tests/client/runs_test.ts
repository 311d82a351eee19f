// Policy: runs that are called again when their program was killed. In virtual time.
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { OutcomeBody } from "../../src/message/outcome.ts";
import { ScriptedBroker } from "../helpers/scripted_broker.ts";

const FAILED = { kind: "error", own: true, value: { t: 0, x: '"broken"' } } as const;
const EXPIRED = { kind: "value", value: { t: 0, x: ["0".repeat(64), 5] } } as const;
const WHOLE = { kind: "value", value: { t: 0, x: '"whole"' } } as const;

/** A program that calls a run is killed; its job ends; another program calls it. */
async function calledAgain(body: OutcomeBody | "unsigned") {
  const killed = new ScriptedBroker();
  killed.submit({ runId: "nightly" });
  await killed.pass(100);
  const [id = ""] = killed.jobs.keys();
  if (body === "unsigned") killed.jobs.set(id, { state: "finished", letter: undefined, reason: "another secret" });
  else killed.end(id, body);
  const group = new ScriptedBroker();
  group.jobs.set(id, killed.jobs.get(id)!);
  return { group, id, call: group.submit({ runId: "nightly" }) };
}

for (
  const [what, body] of Object.entries(
    {
      failed: FAILED,
      "was lost": { kind: "lost", starts: 1 },
      "has a result that is no longer there": EXPIRED,
      "was answered by an agent with another secret": "unsigned",
    } satisfies Record<string, OutcomeBody | "unsigned">,
  )
) {
  Deno.test(`a task of a run that ${what} after its program was killed runs again when the run is called`, async () => {
    const { group, id, call } = await calledAgain(body);
    await group.pass(100);
    assertEquals(call.steps.filter((step) => step === "sent").length, 2);
    assertEquals(group.jobs.get(id), { state: "waiting" });
    group.listener.finished(id, group.end(id, WHOLE));
    await group.pass(100);
    assertEquals(call.steps.at(-1), "value whole");
  });
}

Deno.test("a task of a run that fails after the run was called again rejects", async () => {
  const { group, id, call } = await calledAgain(FAILED);
  await group.pass(100);
  group.listener.finished(id, group.end(id, FAILED));
  await group.pass(100);
  assertStringIncludes(call.steps.at(-1)!, "undefined");
  assertEquals(group.jobs.size, 0);
});

Deno.test("an old failure that the server does not let go is told, and not looked for again and again", async () => {
  const { group, call } = await calledAgain(FAILED);
  group.isDeaf = true;
  await group.pass(10_000);
  assertStringIncludes(call.steps.at(-1)!, "undefined");
  assertEquals(call.steps.filter((step) => step === "sent").length, 2);
});

Deno.test("a task of a run that still runs when the run is called is waited for, also where it fails", async () => {
  const killed = new ScriptedBroker();
  killed.submit({ runId: "nightly" });
  await killed.pass(100);
  const [id = ""] = killed.jobs.keys();
  const group = new ScriptedBroker();
  group.jobs.set(id, { state: "active", agent: "a" });
  const call = group.submit({ runId: "nightly" });
  await group.pass(100);
  group.listener.finished(id, group.end(id, FAILED));
  await group.pass(100);
  assertStringIncludes(call.steps.at(-1)!, "undefined");
  assertEquals(call.steps.filter((step) => step === "sent").length, 1);
});

Deno.test("the name of a run may have a hundred characters, however many chunks it has, and errors have it as it was given", async () => {
  const group = new ScriptedBroker();
  const longest = group.submit({ runId: `${"a".repeat(100)}-12345` });
  const longer = group.submit({ runId: `${"a".repeat(101)}-0` });
  const strange = group.submit({ runId: "a b-0" });
  await group.pass(100);
  assertEquals(longest.steps.at(-1), "sent");
  assertStringIncludes(longer.steps.at(-1)!, 'a", 1 to 100 letters');
  assertStringIncludes(strange.steps.at(-1)!, '"runId" is "a b", 1 to 100 letters');
});
