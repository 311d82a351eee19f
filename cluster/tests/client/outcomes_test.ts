// Policy: what a client does with outcomes, with scripted parts.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Entry } from "../../src/client/entry.ts";
import { Outcomes, type OutcomesOptions } from "../../src/client/outcomes.ts";
import { Sealer } from "../../src/message/letter.ts";
import { sealOutcome } from "../../src/message/outcome.ts";
import { ScriptedBroker } from "../helpers/scripted_broker.ts";
import { SECRET } from "../helpers/secret.ts";
import { VirtualClock } from "../helpers/virtual_clock.ts";

const HOUR_MS = 3_600_000;
const GONE = { kind: "refused", reason: "piece", detail: "not in the store", starts: 0 } as const;

Deno.test("Outcomes has pieces put again that agents did not find, also those of runs, which lie elsewhere", async () => {
  for (const runId of [undefined, "nightly"]) {
    const sealer = new Sealer(SECRET);
    const forgotten: string[] = [];
    const shelf = (name: string) => ({ forget: (hashes: string[]) => forgotten.push(`${name} ${hashes}`) });
    const entry = Object.assign(new Entry(1, "c0-1", { runId, retries: 0 } as never, { returned() {} } as never), {
      state: "sent",
      pieces: ["hash"],
    });
    const letter = sealOutcome(sealer, {
      ...{ kind: "refused", reason: "piece", detail: "not in the store", starts: 0 },
      ...{ id: "c0-1", agent: "host", shelf: "s" },
    });
    const outcomes = new Outcomes({
      ...{ sealer, clock: new VirtualClock(), leaseMs: 1000 },
      books: { get: () => entry, comeBack: () => {} },
      broker: {
        inspect: () => Promise.resolve([{ state: "finished", letter, reason: "" }]),
        remove: () => Promise.resolve(),
      },
      shelf: shelf("own"),
      runShelf: shelf("runs"),
      onRoom: () => {},
    } as unknown as OutcomesOptions);
    await outcomes.finished("c0-1", letter);
    assertEquals(forgotten, [runId === undefined ? "own hash" : "runs hash"]);
  }
});

Deno.test("Outcomes tells what nobody has signed in plain text, and not all of it", () => {
  const errors: Error[] = [];
  const entry = Object.assign(new Entry(1, "c0-1", { retries: 0 } as never, { begun() {} } as never), {
    state: "sent",
  });
  const completion = { reject: (error: Error) => errors.push(error) };
  const outcomes = new Outcomes({
    ...{ sealer: new Sealer(SECRET), clock: new VirtualClock(), leaseMs: 1000 },
    books: { get: () => entry, take: () => completion },
    acknowledger: { add() {} },
  } as unknown as OutcomesOptions);
  outcomes.found(entry, { state: "active", agent: "a\x1b[2J" });
  assertEquals(entry.agent, "a�[2J");
  outcomes.found(entry, { state: "finished", letter: undefined, reason: `\x1b]0;owned\x07\n${"x".repeat(10_000)}` });
  assertStringIncludes(errors[0]!.message, "refused the order, �]0;owned��xxx");
  assert(errors[0]!.message.length < 1000);
});

Deno.test("a task whose large arguments have lapsed while it waited is sent again as often as that happens", async () => {
  const group = new ScriptedBroker();
  const call = group.submit({ text: `"${"x".repeat(100_000)}"` });
  for (let round = 1; round <= 20; round++) {
    await group.pass(HOUR_MS);
    assertEquals(call.steps.filter((step) => step === "sent").length, round);
    group.listener.finished("c0-1", group.end("c0-1", GONE));
  }
  await group.pass(10);
  group.listener.finished("c0-1", group.end("c0-1", { kind: "value", value: { t: 0, x: "1" } }));
  await group.pass(10);
  assertEquals(call.steps.at(-1), "value 1");
});

Deno.test("a task whose large arguments are gone each time at once is given up", async () => {
  const group = new ScriptedBroker();
  const call = group.submit({ text: `"${"x".repeat(100_000)}"` });
  for (let round = 1; round <= 6; round++) {
    await group.pass(100);
    group.listener.finished("c0-1", group.end("c0-1", GONE));
  }
  await group.pass(100);
  assertStringIncludes(call.steps.at(-1)!, "a gave it back unstarted, not in the store");
});
