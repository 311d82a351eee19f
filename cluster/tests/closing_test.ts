// End-to-end: pools and clusters that are closed in any order, also while their server does not answer.
import { assertEquals, assertRejects } from "@std/assert";
import { BrokenPoolError, CancelledError, Pool } from "@corral/multiprocessing";
import { Cluster } from "../mod.ts";
import { AgentProcess } from "./helpers/agent_process.ts";
import { NO_POSTGRES, startPostgres } from "./helpers/postgres_server.ts";
import { NO_REDIS, RedisServer } from "./helpers/redis_server.ts";
import { SECRET } from "./helpers/secret.ts";
import { TASKS } from "./helpers/task_module.ts";

const options = { ignore: NO_REDIS !== undefined };
/** Turns of the program from the beginning of a cluster to its end: while it connects, says hello, looks at the server, joins the group, opens a pool's part. */
const TURNS = [0, 1, 2, 3, 5, 8, 12, 16, 24, 32, 64, 128];

const MISSING = { redis: NO_REDIS, postgres: NO_POSTGRES } as const;
/** One server of each kind for all tests; none ends it. */
const group = new AsyncDisposableStack();
const servers: Partial<Record<keyof typeof MISSING, { readonly url: string }>> = {};
let redis: RedisServer;

Deno.test.beforeAll(async () => {
  if (NO_POSTGRES === undefined) servers.postgres = group.use(await startPostgres());
  if (NO_REDIS === undefined) servers.redis = redis = group.use(await RedisServer.start());
});

Deno.test.afterAll(() => group.disposeAsync());

Deno.test("a pool whose cluster was closed: what was open rejects, and what is submitted later", options, async () => {
  await using _agent = await AgentProcess.start(redis.url, { jobs: 1, flags: ["--group", "closed"] });
  const cluster = new Cluster({ redis: redis.url, secret: SECRET, group: "closed" });
  const pool = new Pool({ backend: cluster, module: TASKS });
  assertEquals(await pool.apply("square" as never, [3] as never), 9 as never);
  const open = assertRejects(() => pool.apply("spin" as never, [] as never), Error, "The cluster was closed");
  await cluster[Symbol.asyncDispose]();
  await open;
  await assertRejects(() => pool.apply("square" as never, [3] as never), BrokenPoolError, "The cluster was closed");
  await pool.terminate();
});

for (
  const [name, address] of Object.entries({
    redis: { redis: "redis://127.0.0.1:1" },
    postgres: { postgres: "postgres://corral@127.0.0.1:1/postgres" },
  })
) {
  Deno.test(`a pool that never reached its server ends when it is told to (${name})`, async () => {
    for (const limit of [{}, { agentTimeoutMs: Infinity }]) {
      const cluster = new Cluster({ ...address, secret: SECRET, codeVersion: "1", ...limit });
      const pool = new Pool({ backend: cluster, module: TASKS });
      const call = assertRejects(() => pool.apply("square" as never, [3] as never), CancelledError);
      await pool.terminate();
      await call;
      await cluster[Symbol.asyncDispose]();
    }
  });
}

for (const [name, missing] of Object.entries(MISSING) as [keyof typeof MISSING, string | undefined][]) {
  Deno.test(
    `a cluster that is closed at any moment of its beginning leaves nothing behind (${name})`,
    { ignore: missing !== undefined },
    async (test) => {
      const server = servers[name]!;
      for (const turns of TURNS) {
        await test.step(`after ${turns} turns`, async () => {
          const cluster = new Cluster({ [name]: server.url, secret: SECRET, codeVersion: "1" } as never);
          const pool = new Pool({ backend: cluster, module: TASKS });
          const call = assertRejects(() => pool.apply("square" as never, [3] as never), CancelledError);
          for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve));
          await pool.terminate();
          await call;
          await cluster[Symbol.asyncDispose]();
        });
      }
    },
  );
}

for (
  const [name, addressOf] of Object.entries({
    redis: (port: number) => ({ redis: `redis://127.0.0.1:${port}` }),
    postgres: (port: number) => ({ postgres: `postgres://corral@127.0.0.1:${port}/postgres` }),
  })
) {
  Deno.test(`a server that accepts and says nothing is named; a cluster ends in spite of it (${name})`, async () => {
    using silence = new SilentServer();
    const address = addressOf(silence.port);
    const cluster = new Cluster({ ...address, secret: SECRET });
    const ready = assertRejects(() => cluster.ready());
    await silence.met;
    await cluster[Symbol.asyncDispose]();
    await ready;
    await using impatient = new Cluster({ ...address, secret: SECRET, agentTimeoutMs: 0 });
    await assertRejects(() => impatient.ready(), Error, "within 1 s: it does not answer");
  });
}

for (const [name, missing] of Object.entries(MISSING) as [keyof typeof MISSING, string | undefined][]) {
  Deno.test(
    `a cluster that did not reach its server does so when it is there (${name})`,
    { ignore: missing !== undefined },
    async () => {
      const server = servers[name]!;
      const url = new URL(server.url);
      await using door = new Door(Number(url.port));
      url.port = `${door.port}`;
      await using cluster = new Cluster({ [name]: url.href, secret: SECRET, agentTimeoutMs: 0 } as never);
      await assertRejects(() => cluster.ready(), Error, "within 1 s");
      door.open();
      await cluster.ready();
      assertEquals(await cluster.agents(), []);
    },
  );
}

Deno.test("a pool whose server stands still before it is open ends when it is told to", options, async () => {
  const cluster = new Cluster({ redis: redis.url, secret: SECRET, codeVersion: "1", agentTimeoutMs: Infinity });
  await cluster.ready();
  redis.freeze();
  const pool = new Pool({ backend: cluster, module: TASKS });
  const call = assertRejects(() => pool.apply("square" as never, [3] as never), CancelledError);
  await pool.terminate();
  await call;
  await cluster[Symbol.asyncDispose]();
  redis.thaw();
});

/** Takes connections, and reads nothing. */
class SilentServer implements Disposable {
  readonly port: number;
  /** Resolves when somebody has connected. */
  readonly met: Promise<void>;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #guests = new Set<Deno.Conn>();

  constructor() {
    this.port = (this.#listener.addr as Deno.NetAddr).port;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.met = promise;
    void (async () => {
      for await (const guest of this.#listener) {
        this.#guests.add(guest);
        resolve();
      }
    })();
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const guest of this.#guests) guest.close();
  }
}

/** Stands before a server: breaks connections off until it is opened. */
class Door implements AsyncDisposable {
  readonly port: number;
  readonly #to: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #passed: Promise<unknown>[] = [];
  readonly #serving: Promise<void>;
  #isOpen = false;

  constructor(to: number) {
    this.#to = to;
    this.port = (this.#listener.addr as Deno.NetAddr).port;
    this.#serving = this.#serve();
  }

  open(): void {
    this.#isOpen = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
    await Promise.all(this.#passed);
  }

  async #serve(): Promise<void> {
    for await (const guest of this.#listener) {
      if (!this.#isOpen) {
        guest.close();
        continue;
      }
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#to });
      this.#passed.push(
        Promise.allSettled([guest.readable.pipeTo(server.writable), server.readable.pipeTo(guest.writable)]),
      );
    }
  }
}
