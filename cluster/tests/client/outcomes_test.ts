// Policy: what a client does with outcomes, with scripted parts.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Entry } from "../../src/client/entry.ts";
import { Outcomes, type OutcomesOptions } from "../../src/client/outcomes.ts";
import { Sealer } from "../../src/message/letter.ts";
import { sealOutcome } from "../../src/message/outcome.ts";
import { SECRET } from "../helpers/secret.ts";
import { VirtualClock } from "../helpers/virtual_clock.ts";

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
