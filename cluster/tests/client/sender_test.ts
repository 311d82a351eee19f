// Policy: a sender whose server refuses orders, in virtual time.
import { assertEquals } from "@std/assert";
import type { Broker } from "../../src/broker.ts";
import { Entry } from "../../src/client/entry.ts";
import { OrderWindow } from "../../src/client/order_window.ts";
import { Outbox } from "../../src/client/outbox.ts";
import { Sender } from "../../src/client/sender.ts";
import { Sealer } from "../../src/message/letter.ts";
import { SECRET } from "../helpers/secret.ts";
import { VirtualClock } from "../helpers/virtual_clock.ts";

Deno.test("Sender gives each order the whole time, although the server refused another one long ago", async () => {
  const clock = new VirtualClock();
  const outbox = new Outbox<Entry>();
  const told: string[] = [];
  const broker = {
    clockOffsetMs: 0,
    add: () => Promise.reject(new Error("OOM")),
    refusal: (error: Error) => error.message,
    inspect: (ids: string[]) => Promise.resolve(ids.map(() => ({ state: "missing" }))),
  } as unknown as Broker;
  const sender = new Sender({
    ...{ clientId: "c0", shelfName: "s", broker, clock, outbox, sealer: new Sealer(SECRET), window: new OrderWindow() },
    ...{ shelf: undefined as never, runShelf: undefined as never },
    lanes: () => 1,
    isPursued: () => false,
    refusalLimitMs: 30_000,
    onRefusing: (refusal) => void told.push(refusal ?? "taken again"),
    onRefused: ({ jobId }, refusal, ms) => void told.push(`${jobId}: ${refusal} for ${ms} ms`),
    onSent: () => {},
    onRest: () => {},
  });
  const send = (jobId: string): void => {
    const payload = { text: "[]", tagged: false, parts: [] };
    const request = { function: { kind: "export", name: "f" }, payload, priority: 0, byteLength: 2, retries: 0 };
    outbox.add(new Entry(1, jobId, request as never, {} as never));
    sender.pump();
  };
  send("a");
  await clock.runUntil(() => told.length === 2, 60_000);
  clock.after(3_600_000, () => {});
  await clock.runUntil(() => clock.now() >= 3_600_000, 3_700_000);
  send("b");
  await clock.runUntil(() => told.length === 3, 60_000);
  assertEquals(told, ["OOM", "a: OOM for 30000 ms", "b: OOM for 30000 ms"]);
});
