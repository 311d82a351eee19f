// Unit: what stands between BullMQ and PostgreSQL, with scripted connections.
import { assertEquals, assertRejects } from "@std/assert";
import type { PgPool } from "bullmq";
import { EventEmitter } from "node:events";
import { tellLostConnections } from "../src/bullmq/lost_connection.ts";
import { PostgresEvents } from "../src/bullmq/postgres/events.ts";

Deno.test("tellLostConnections() knows a server that cannot be reached, and nothing else, as away", async () => {
  const away = ["57P01", "08006", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENOTFOUND", "EAI_AGAIN"];
  // Of a connection that was idle for longer than the server allows, also because this program stood still.
  away.push("57P05", "25P03", "25P04");
  const codes = [...away, "57P04", "25P02", "42501", "EACCES", "ENOTFOUNDX"];
  for (const code of codes) {
    const query = () => Promise.reject(Object.assign(new Error("it failed"), { code }));
    const pool = tellLostConnections({ query } as unknown as PgPool);
    const error = await assertRejects(() => pool.query("SELECT 1"), Error, "it failed") as Error & { code: string };
    assertEquals(error.code, away.includes(code) ? "ECONNREFUSED" : code);
  }
});

Deno.test("PostgresEvents.close() leaves no connection, also none that was about to be made", async () => {
  const made: PromiseWithResolvers<FakeClient>[] = [];
  const listen = {
    connect() {
      made.push(Promise.withResolvers());
      asked.resolve();
      return made.at(-1)!.promise;
    },
  } as unknown as PgPool;
  let asked = Promise.withResolvers<void>();
  const ask = { query: () => Promise.resolve({ rows: [{ last: "0", id: "1", event: "", data: {} }] }) };
  const events = new PostgresEvents({ ask: ask as unknown as PgPool, listen }, "q", () => {});
  const [first, second] = [new FakeClient(), new FakeClient()];
  const started = events.start();
  made[0]!.resolve(first);
  await started;
  // It is cut, and the server stands still when it is made again.
  asked = Promise.withResolvers();
  first.emit("error", new Error("cut"));
  await asked.promise;
  await events.close();
  made[1]!.resolve(second);
  await second.given.promise;
  assertEquals(first.isReleased, true);
});

class FakeClient extends EventEmitter {
  readonly given = Promise.withResolvers<void>();
  isReleased = false;

  query(): Promise<unknown> {
    return Promise.resolve({ rows: [] });
  }

  release(): void {
    this.isReleased = true;
    this.given.resolve();
  }
}
