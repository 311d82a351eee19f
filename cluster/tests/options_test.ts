// Unit: the options of a cluster, and what its calls take.
import { assertRejects, assertThrows } from "@std/assert";
import { Pool } from "@corral/multiprocessing";
import { pathToFileURL } from "node:url";
import { Cluster, type ClusterOptions } from "../mod.ts";
import { SECRET } from "./helpers/secret.ts";

const REDIS = "redis://127.0.0.1:1";
const make = (...args: unknown[]): Cluster => Reflect.construct(Cluster, args) as Cluster;

const WRONG: readonly [options: unknown, message: string][] = [
  [{ url: REDIS }, '"url" is not an option of a cluster, wanted "redis" or "postgres"'],
  [{ redisUrl: REDIS }, '"redisUrl" is not an option of a cluster, wanted "redis"'],
  [{ host: "10.0.0.5" }, 'wanted "redis" or "postgres"'],
  [{ key: SECRET }, 'wanted "secret"'],
  [{ queue: "a" }, 'wanted "group"'],
  [{ "code-version": "a" }, 'wanted "codeVersion"'],
  [{ timeoutMs: 5 }, 'wanted "agentTimeoutMs"'],
  [{ lease: 5 }, 'wanted "leaseMs"'],
  [{ colour: "red" }, '"colour" is not an option of a cluster, it has "redis", "postgres", "secret", "group"'],
  [{ aofCheck: "no" }, '"aofCheck" is string, true or false is wanted'],
  [{ tls: true }, '"tls" is boolean, wanted { ca: "…" }'],
  [
    { tls: { rejectUnauthorized: false } },
    '"rejectUnauthorized" is not an option of "tls", it has "ca", "cert", "key"',
  ],
  [{ group: 5 }, "Cannot use 5 as a group"],
  [{ redis: `${REDIS}/jobs` }, 'Cannot use Redis at redis://127.0.0.1:1: "jobs" is not the number of a database'],
  [{ redis: `${REDIS}?db=jobs` }, '"jobs" is not the number of a database, "redis://host:6379/1" is wanted'],
  [{ redis: `${REDIS}/1?keyPrefix=a` }, "BullMQ takes no prefix of keys; leave keyPrefix out"],
  [
    { redis: `${REDIS}?db=1&connectTimeout=3000` },
    '"connectTimeout" has no meaning behind the "?" of its address, which takes "db", "family", "username", "password"',
  ],
  [{ redis: `${REDIS}?maxRetriesPerRequest=1` }, '"maxRetriesPerRequest" has no meaning'],
  [
    { redis: "redis://:5%off@127.0.0.1:1" },
    'Cannot use Redis at redis://127.0.0.1:1: a "%" in user or password is written as "%25" in an address',
  ],
  [{ redis: "http://me:word@host:6379" }, 'Cannot use "http://…@host:6379" as the address of Redis'],
  [{ redis: "me:word@host" }, 'Cannot use "me:…@host" as the address of Redis'],
  [
    { redis: undefined, postgres: "postgres//me:word@host/a" },
    'Cannot use "…@host/a" as the address of PostgreSQL',
  ],
  [
    { redis: undefined, postgres: "postgres://me@host/a?sslcert=/me.pem&sslkey=/me.key", tls: { ca: "PEM" } },
    'Cannot use PostgreSQL at postgres://host: certificates stand in its address ("sslcert") and beside it',
  ],
];

Deno.test("new Cluster() names the right option when it refuses one", () => {
  for (const [options, message] of WRONG) {
    const all = { redis: REDIS, secret: SECRET, ...options as object } as ClusterOptions;
    assertThrows(() => new Cluster(all), TypeError, message);
  }
});

Deno.test("A cluster's calls refuse what they would ignore", async () => {
  const options = { redis: REDIS, secret: SECRET };
  assertThrows(
    () => make(options, 5),
    TypeError,
    "Cannot call new Cluster() with number as argument 2: wanted new Cluster(options)",
  );
  await using cluster = new Cluster(options) as unknown as
    & Record<"ready" | "agents", (limit: unknown) => Promise<unknown>>
    & AsyncDisposable;
  await assertRejects(
    () => cluster.ready(5),
    TypeError,
    "Cannot call ready() with number as argument 1: wanted ready()",
  );
  await assertRejects(() => cluster.agents({}), TypeError, "wanted agents()");
});

Deno.test("Cluster names the code again for the next pool when it could not be named", async () => {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  // Nothing listens there, and nothing waits for it.
  await using cluster = new Cluster({ redis: REDIS, secret: SECRET, agentTimeoutMs: Infinity });
  for (const missing of ["first.ts", "second.ts"]) {
    await Deno.writeTextFile(path, `import "./${missing}";`);
    await using pool = new Pool({ backend: cluster, module: pathToFileURL(path).href });
    await assertRejects(() => pool.ready(), Error, missing);
  }
  await Deno.remove(path);
});
