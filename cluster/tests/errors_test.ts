// Unit: the errors that docs/cluster.md explains are those that members give.
import { assert, assertEquals } from "@std/assert";
import { inAgentWords } from "../src/client/agent_advice.ts";
import { accountRefusal, readOnlyRefusal, refusalOf } from "../src/bullmq/start_checks.ts";
import { noAgentError, refusedByServerError, refusedError, vanishedError } from "../src/client/faults.ts";
import { Sealer } from "../src/message/letter.ts";
import { openOrder, type UnreadableOrder } from "../src/message/order.ts";
import { SECRET } from "./helpers/secret.ts";

const server = { url: "redis://10.0.0.5:6379", tls: undefined };
const state = {
  version: "7.0.15",
  evictionPolicy: "allkeys-lru",
  isAppendOnly: true,
  isReplica: false,
  isClusterNode: false,
  serverTimeMs: 0,
  ownTimeMs: 0,
};

/** What members say, by what the page quotes of it. Those whose text is null are quoted by tests with real processes. */
const TEXTS: Readonly<Record<string, string | null>> = {
  "Cannot reach Redis at": null,
  "it refuses this account": accountRefusal("Redis", "redis://10.0.0.5:6379", "NOAUTH Authentication required."),
  "it has taken only reads": readOnlyRefusal("Redis", "redis://10.0.0.5:6379", 30_000),
  "its maxmemory-policy is": refusalOf(state, server, { aofCheck: true })!,
  "no agent has had this code": noAgentError("49dc", [], 30_000, false).message,
  "its signature is not that of this agent's secret":
    (openOrder(new Sealer(SECRET), "1", {}) as UnreadableOrder).detail,
  "gave it back unstarted, its client was not there": refusedError("host-1", "its client was not there", false).message,
  "the server has refused it for": refusedByServerError("OOM command not allowed", 30_000, false).message,
  "the server no longer knows it": vanishedError().message,
  'this program may not run "deno info"': null,
};

Deno.test("docs/cluster.md explains errors by words that stand in them", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/cluster.md", import.meta.url));
  const [, part = ""] = /^## Errors\n([^]*?)^## /m.exec(page) ?? [];
  const quoted = [...part.matchAll(/^\| `([^`]+)` /gm)].map(([, text]) => text!);
  assertEquals(quoted, Object.keys(TEXTS));
  for (const [quote, text] of Object.entries(TEXTS)) assert(text === null || text.includes(quote), `${quote}: ${text}`);
});

Deno.test("inAgentWords() names flags of agents where a pool has options, and changes nothing else", () => {
  const advice = '; in a corral worker: grant it with `permissions: { net: ["a.org:443"] }`, see x';
  assertEquals(
    inAgentWords(`Requires net access${advice}`),
    "Requires net access; in a worker of an agent: start agents with `--allow-net=a.org:443`, see x",
  );
  assertEquals(
    inAgentWords("run `deno cache /t.ts` first, import it in the program, or grant `permissions: { import: true }`"),
    "run `deno cache /t.ts` first, import it in the program, or start agents with `--allow-import`",
  );
  assertEquals(
    inAgentWords("Cannot send message: it has 5 bytes, send it in parts, or raise maxFrameBytes"),
    "Cannot send message: it has 5 bytes, send it in parts",
  );
  assertEquals(
    inAgentWords("it holds a text of 5 bytes, send it in parts, or as bytes, or raise maxFrameBytes"),
    "it holds a text of 5 bytes, send it in parts, or as bytes",
  );
  assertEquals(inAgentWords("mine `x`"), "mine `x`");
});
