// Policy: what a client does with outcomes, with scripted parts.
import { assertEquals } from "@std/assert";
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
    const outcomes = new Outcomes({
      ...{ sealer, clock: new VirtualClock(), leaseMs: 1000 },
      books: { get: () => entry, comeBack: () => {} },
      broker: { remove: () => Promise.resolve() },
      shelf: shelf("own"),
      runShelf: shelf("runs"),
      onRoom: () => {},
    } as unknown as OutcomesOptions);
    await outcomes.finished(
      "c0-1",
      sealOutcome(sealer, {
        ...{ kind: "refused", reason: "piece", detail: "not in the store", starts: 0 },
        ...{ id: "c0-1", agent: "host", shelf: "s" },
      }),
    );
    assertEquals(forgotten, [runId === undefined ? "own hash" : "runs hash"]);
  }
});
