// End-to-end: `corral map --cluster` while agents and the command itself die.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { corral, corralCommand, inFolder, ndjson } from "../../../tests/helpers/programs/corral.ts";
import { childrenOf } from "../../../tests/helpers/programs/processes.ts";
import { AgentProcess } from "../helpers/agent_process.ts";
import { untilFile } from "../helpers/until_file.ts";
import { clusterFlags, clusterPermissions } from "../helpers/map_flags.ts";
import { NO_REDIS, RedisServer } from "../helpers/redis_server.ts";
import { writeSecret } from "../helpers/secret_file.ts";

const RECORDS = new URL("../../../tests/fixtures/programs/map_records.ts", import.meta.url).pathname;
const TROUBLE = new URL("../../../tests/fixtures/programs/map_trouble.ts", import.meta.url).pathname;
const WAITS = new URL("../fixtures/map_waits.ts", import.meta.url).pathname;
const ignore = NO_REDIS !== undefined;
const command = "corral agent";

/** One Redis, and one agent that serves `RECORDS`, for all tests that end neither. */
const group = new AsyncDisposableStack();
let redis: RedisServer;

Deno.test.beforeAll(async () => {
  if (ignore) return;
  redis = group.use(await RedisServer.start());
  group.use(await AgentProcess.start(redis.url, { command, module: RECORDS, name: "other", lock: "2s" }));
});

Deno.test.afterAll(() => group.disposeAsync());

/** Lines of text, as they come. */
class Lines {
  readonly #reader: ReadableStreamDefaultReader<string>;
  text = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  }

  async until(isThere: (text: string) => boolean): Promise<void> {
    while (!isThere(this.text)) {
      const { value, done } = await this.#reader.read();
      assert(!done, `it ended too early: ${this.text}`);
      this.text += value;
    }
  }

  async rest(): Promise<string> {
    for (let next = await this.#reader.read(); !next.done; next = await this.#reader.read()) this.text += next.value;
    return this.text;
  }
}

const lineCount = (text: string): number => text.split("\n").length - 1;
const write = async (child: Deno.ChildProcess, text: string): Promise<void> => {
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
};

/** Starts `corral map` on a cluster, with a function that waits for as many milliseconds as its record says. */
function laterFirst(url: string): { child: Deno.ChildProcess; results: Lines; errors: Promise<string> } {
  const args = ["map", `${RECORDS}#laterFirst`, ...clusterFlags(url)];
  const child = corralCommand(args, { allow: clusterPermissions(url) }).spawn();
  return { child, results: new Lines(child.stdout), errors: new Response(child.stderr).text() };
}

Deno.test(
  "corral map --cluster: an agent that is killed in mid-run costs no result, and doubles none",
  { ignore },
  async () => {
    const agentOptions = { command, module: RECORDS, name: "doomed", lock: "2s" } as const;
    await using doomed = await AgentProcess.start(redis.url, agentOptions);
    const { child, results, errors } = laterFirst(redis.url);
    const records = Array.from({ length: 600 }, (_, index) => index % 20);
    await write(child, ndjson(records));
    await results.until((text) => lineCount(text) >= 60);
    doomed.kill("SIGKILL");
    const text = await results.rest();
    assertEquals([(await child.status).code, text], [0, ndjson(records)], await errors);
  },
);

Deno.test(
  "corral map --cluster: a command that is killed goes on with --resume, each record once",
  { ignore },
  () =>
    inFolder(async (folder) => {
      const records = ndjson(Array.from({ length: 400 }, (_, index) => index % 15));
      await Deno.writeTextFile(`${folder}/in.ndjson`, records);
      const allow = clusterPermissions(redis.url);
      const files = [`${folder}/in.ndjson`, "-o", `${folder}/out.ndjson`, "--joblog", `${folder}/joblog`];
      const args = ["map", `${RECORDS}#laterFirst`, ...clusterFlags(redis.url), ...files];
      const child = corralCommand(args, { allow }).spawn();
      const output = child.output();
      await child.stdin.close();
      await untilFile(`${folder}/joblog`, (text) => lineCount(text) > 40);
      child.kill("SIGKILL");
      assertEquals((await output).success, false);
      const second = await corral([...args, "--resume"], { allow });
      assertEquals([second.code, await Deno.readTextFile(`${folder}/out.ndjson`)], [0, records], second.stderr);
      assertStringIncludes(second.stderr, " done in earlier runs");
    }),
);

Deno.test("corral map --cluster lets end what runs at Ctrl-C, and exits with 130", { ignore }, async () => {
  const { child, results, errors } = laterFirst(redis.url);
  // Its input never ends by itself.
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("300\n".repeat(1000)));
  await results.until((text) => lineCount(text) >= 2);
  child.kill("SIGINT");
  const text = await results.rest();
  assertEquals((await child.status).code, 130);
  await writer.close().catch(() => {});
  assert(lineCount(text) < 100, `${lineCount(text)} results`);
  assertStringIncludes(await errors, "again to stop at once");
  assertStringIncludes(await errors, `${lineCount(text)} records, 0 failed`);
});

Deno.test(
  "corral map --cluster stops agents at the second Ctrl-C: their workers are free again",
  { ignore },
  async () => {
    await using _agent = await AgentProcess.start(redis.url, { command, module: TROUBLE, jobs: 1 });
    const args = ["map", `${TROUBLE}#loopAtFive`, "--chunk", "1", ...clusterFlags(redis.url)];
    const allow = clusterPermissions(redis.url);
    const child = corralCommand(args, { allow }).spawn();
    const results = new Lines(child.stdout);
    const errors = new Lines(child.stderr);
    await write(child, ndjson([1, 2, 5, 3]));
    await results.until((text) => lineCount(text) >= 2);
    child.kill("SIGINT");
    await errors.until((text) => text.includes("again to stop at once"));
    child.kill("SIGINT");
    assertEquals(await results.rest(), "1\n2\n");
    await errors.rest();
    assertEquals((await child.status).code, 130);
    // The only worker of the agent looped.
    const { code, results: next } = await corral(args, { allow, stdin: ndjson([6]) });
    assertEquals([code, next], [0, [6]]);
  },
);

Deno.test("corral map --cluster says that no agent serves the function, and waits for one", { ignore }, async () => {
  const flags = ["--group", "empty"];
  const args = ["map", RECORDS, ...clusterFlags(redis.url), ...flags];
  const child = corralCommand(args, { allow: clusterPermissions(redis.url) }).spawn();
  const errors = new Lines(child.stderr);
  const results = new Lines(child.stdout);
  await write(child, ndjson([1, 2]));
  await errors.until((text) =>
    text.includes("corral: no agent serves this function yet; on a machine that is to work:")
  );
  // One that serves the same module to pools is none.
  await using _other = await AgentProcess.start(redis.url, { module: RECORDS, name: "for pools", jobs: 1, flags });
  await using _agent = await AgentProcess.start(redis.url, { command, module: RECORDS, jobs: 1, flags });
  assertEquals(await results.rest(), "1\n2\n");
  assertStringIncludes(await errors.rest(), "2 records, 0 failed");
  assertEquals((await child.status).code, 0);
});

Deno.test(
  "corral map --cluster is refused by agents that have another secret, or compile no text",
  { ignore },
  async () => {
    const allow = clusterPermissions(redis.url);
    const secret = writeSecret("map-other.key", "another secret, of somebody else altogether");
    const other = await corral(["map", RECORDS, ...clusterFlags(redis.url, secret)], { allow, stdin: ndjson([1]) });
    assertEquals([other.code, other.stdout], [255, ""]);
    assertStringIncludes(other.stderr, "its signature is not that of this agent's secret");
    await using strict = await AgentProcess.start(redis.url, { command, module: null, serves: false });
    assertEquals((await strict.status).code, 2);
    assertStringIncludes(await strict.output, "Cannot start: there is no function, wanted the MODULE");
  },
);

Deno.test("corral map --cluster that may not reach it says which permission it lacks itself", { ignore }, async () => {
  const { code, stderr } = await corral(["map", RECORDS, ...clusterFlags(redis.url)]);
  assertEquals(code, 255);
  const { host } = new URL(redis.url);
  assertStringIncludes(
    stderr,
    `Cannot reach other machines: this command was not given --allow-net=${host} --allow-sys=hostname --ignore-env itself`,
  );
});

Deno.test(
  "corral map --cluster: a Redis that is killed, and can have lost a second, costs no result and doubles none",
  { ignore },
  async () => {
    await using redis = await RedisServer.start();
    await using _agent = await AgentProcess.start(redis.url, { command, module: RECORDS, jobs: 2, lock: "2s" });
    const { child, results, errors } = laterFirst(redis.url);
    const records = Array.from({ length: 400 }, (_, index) => index % 20);
    await write(child, ndjson(records));
    await results.until((text) => lineCount(text) >= 60);
    await redis.kill();
    await redis.restart();
    const text = await results.rest();
    assertEquals([(await child.status).code, text], [0, ndjson(records)], await errors);
  },
);

Deno.test(
  "corral map --cluster: an agent that is told to end finishes what it runs, and others do the rest",
  { ignore },
  async () => {
    const agentOptions = { command, module: RECORDS, jobs: 1, name: "leaving" } as const;
    await using leaving = await AgentProcess.start(redis.url, agentOptions);
    const { child, results, errors } = laterFirst(redis.url);
    const records = Array.from({ length: 300 }, (_, index) => index % 20);
    await write(child, ndjson(records));
    await results.until((text) => lineCount(text) >= 40);
    leaving.kill("SIGTERM");
    assertEquals((await leaving.status).code, 0);
    const text = await results.rest();
    assertEquals([(await child.status).code, text], [0, ndjson(records)], await errors);
  },
);

Deno.test(
  "corral map --cluster blames no record where SIGTERM comes to an agent and its workers, and has another agent do it",
  { ignore },
  () =>
    inFolder(async (folder) => {
      const agentOptions = { command, module: WAITS, jobs: 1, flags: [`--allow-read=${folder}`] } as const;
      await using leaving = await AgentProcess.start(redis.url, { ...agentOptions, name: "leaving" });
      const args = ["map", WAITS, ...clusterFlags(redis.url), "--events", `${folder}/events`];
      const running = corral(args, { allow: clusterPermissions(redis.url), stdin: ndjson([`${folder}/go`]) });
      await untilFile(`${folder}/events`, (text) => /"type":"block".*"state":"start"/.test(text));
      await using _staying = await AgentProcess.start(redis.url, { ...agentOptions, name: "staying" });
      // As systemd does it.
      for (const pid of [...await childrenOf(leaving.pid), leaving.pid]) Deno.kill(pid, "SIGTERM");
      assertEquals((await leaving.status).code, 0);
      await Deno.writeTextFile(`${folder}/go`, "");
      const { code, results, stderr } = await running;
      assertEquals([code, results], [0, [`${folder}/go`]], stderr);
    }),
);

Deno.test(
  "corral map --cluster tells that a record runs while it runs, if it takes long",
  { ignore },
  () =>
    inFolder(async (folder) => {
      const flags = [`--allow-read=${folder}`];
      await using _agent = await AgentProcess.start(redis.url, { command, module: WAITS, jobs: 1, flags });
      const args = ["map", WAITS, ...clusterFlags(redis.url), "--events", `${folder}/events`];
      const running = corral(args, { allow: clusterPermissions(redis.url), stdin: ndjson([`${folder}/go`]) });
      await untilFile(`${folder}/events`, (text) => /"type":"block".*"state":"start"/.test(text));
      await Deno.writeTextFile(`${folder}/go`, "");
      const { code, results } = await running;
      assertEquals([code, results], [0, [`${folder}/go`]]);
      const events = await Deno.readTextFile(`${folder}/events`);
      assertEquals(events.match(/"type":"block"/g)!.length, 2);
    }),
);
