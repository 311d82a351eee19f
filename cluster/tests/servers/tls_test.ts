// End-to-end: members that speak TLS with Redis or PostgreSQL, under an authority that the system does not know.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { corral, inFolder, ndjson } from "../../../tests/helpers/programs/corral.ts";
import { AgentProcess } from "../helpers/agent_process.ts";
import { Caller } from "../helpers/caller.ts";
import { clusterFlags, clusterPermissions } from "../helpers/map_flags.ts";
import { NO_POSTGRES, startPostgres } from "../helpers/postgres_server.ts";
import { type Certificates, NO_REDIS, RedisServer } from "../helpers/redis_server.ts";

const RECORDS = new URL("../../../tests/fixtures/programs/map_records.ts", import.meta.url).pathname;

async function hasOpenssl(): Promise<boolean> {
  try {
    return (await new Deno.Command("openssl", { args: ["version"] }).output()).success;
  } catch {
    return false;
  }
}

const ignore = NO_REDIS !== undefined || !await hasOpenssl();
const ignorePostgres = NO_POSTGRES !== undefined || !await hasOpenssl();

/** An authority, and a certificate of it for this machine. */
async function certify(folder: string): Promise<Certificates> {
  const openssl = async (line: string): Promise<void> => {
    const { success, stderr } = await new Deno.Command("openssl", { args: line.split(" "), cwd: folder }).output();
    assert(success, new TextDecoder().decode(stderr));
  };
  const newKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  await openssl(`req -x509 ${newKey} -days 2 -keyout ca.key -out ca.pem -subj /CN=authority`);
  await openssl(`req ${newKey} -keyout server.key -out server.csr -subj /CN=server`);
  await Deno.writeTextFile(`${folder}/names`, "subjectAltName=IP:127.0.0.1\n");
  await openssl(
    "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
  );
  return { ca: `${folder}/ca.pem`, cert: `${folder}/server.pem`, key: `${folder}/server.key` };
}

Deno.test(
  "over TLS, agents, programs and the command work with the authority that they are told",
  { ignore },
  () =>
    inFolder(async (folder) => {
      const files = await certify(folder);
      await using redis = await RedisServer.start([], files);
      assertStringIncludes(redis.url, "rediss://");
      const flags = ["--ca-file", files.ca];
      await using _agent = await AgentProcess.start(redis.url, { jobs: 1, flags });
      await using caller = new Caller(redis.url, { tls: { ca: await Deno.readTextFile(files.ca) } });
      assertEquals(await caller.call("square", [12]), 144);
      await using _server = await AgentProcess.start(redis.url, {
        command: "corral agent",
        module: RECORDS,
        jobs: 1,
        flags,
      });
      const allow = clusterPermissions(redis.url);
      const map = ["map", RECORDS, ...clusterFlags(redis.url), ...flags];
      const { code, results, stderr } = await corral(map, { allow, stdin: ndjson([1, 2]) });
      assertEquals([code, results], [0, [1, 2]], stderr);
    }),
);

Deno.test(
  "over TLS, a server that nobody vouches for is refused, with the reason",
  { ignore },
  () =>
    inFolder(async (folder) => {
      await using redis = await RedisServer.start([], await certify(folder));
      await using caller = new Caller(redis.url, { agentTimeoutMs: 5000 });
      const { message } = await caller.error("square", [1]);
      assertStringIncludes(message, "Cannot reach Redis at rediss://");
      assertStringIncludes(message, "certificate");
    }),
);

Deno.test(
  "over TLS, a Redis that speaks none is told apart, also where only the certificates ask for it",
  { ignore },
  async () => {
    await using redis = await RedisServer.start();
    await using caller = new Caller(redis.url, { agentTimeoutMs: 1000, tls: {} });
    assertStringIncludes((await caller.error("square", [1])).message, "does it speak TLS");
  },
);

Deno.test(
  "over TLS, the authority counts too where the address of PostgreSQL has an sslmode",
  { ignore: ignorePostgres },
  () =>
    inFolder(async (folder) => {
      const files = await certify(folder);
      await using postgres = await startPostgres(files);
      const url = `${postgres.url}?sslmode=require`;
      await using _agent = await AgentProcess.start(url, { jobs: 1, flags: ["--ca-file", files.ca] });
      await using caller = new Caller(url, { tls: { ca: await Deno.readTextFile(files.ca) } });
      assertEquals(await caller.call("square", [12]), 144);
    }),
);

Deno.test(
  "over TLS, a PostgreSQL that nobody vouches for is refused, with the reason",
  { ignore: ignorePostgres },
  () =>
    inFolder(async (folder) => {
      await using postgres = await startPostgres(await certify(folder));
      await using caller = new Caller(`${postgres.url}?sslmode=verify-full`, { agentTimeoutMs: 5000 });
      const { message } = await caller.error("square", [1]);
      assertStringIncludes(message, "Cannot reach PostgreSQL at postgres://");
      assertStringIncludes(message, "certificate");
    }),
);
