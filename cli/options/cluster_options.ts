/** `--cluster` and what belongs to it. */

import { UsageError } from "../errors/usage_error.ts";
import type { ClusterChoice } from "./cli_map_options.ts";
import { checkCodeVersion } from "./code_version.ts";
import type { ParsedFlags } from "./parse_flags.ts";
import { KINDS } from "./sandbox_rules.ts";

/** Flags that mean nothing without `--cluster`. */
const COMPANIONS = ["secret-file", "group", "code-version", "ca-file", "no-aof-check"] as const;

/** Why flags cannot be honoured on a cluster, and what does the same there. */
const REFUSED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(KINDS.flatMap((kind) => ["allow", "deny"].map((verb) => [`${verb}-${kind}`, agentsOwn()]))),
  "permission-set": "what workers may do is decided where they run, give its permissions to corral agent one by one",
  env: agentsOwn("the variables of workers are"),
  "memory-limit": agentsOwn("the memory of workers is"),
  jobs: agentsOwn("the number of workers is"),
  untrusted: "agents load the module as they have it",
  "max-tasks": "the workers of agents outlive runs",
  load: "it looks at this machine, and the work is done on others",
  memfree: "it looks at this machine, and the work is done on others",
  cache: "agents have a cache of their own, run deno cache with the module there",
};

function agentsOwn(what = "what workers may do is"): string {
  return `${what} decided where they run, give it to corral agent`;
}

/** What the flags say of a cluster; nothing if the run is to stay on this machine. Throws UsageError. */
export function clusterChoice(flags: ParsedFlags): ClusterChoice | undefined {
  const server = flags.value("cluster");
  if (server === undefined) {
    const companion = COMPANIONS.find((long) => flags.has(long));
    if (companion === undefined) return undefined;
    throw new UsageError(`Cannot use --${companion}: it belongs to --cluster, which is missing`);
  }
  const refused = Object.keys(REFUSED).find((long) => flags.has(long));
  if (refused !== undefined) {
    throw new UsageError(`Cannot use --${refused} with --cluster: ${REFUSED[refused]}`);
  }
  if (!/^(rediss?|postgres(ql)?):$/.test(URL.canParse(server) ? new URL(server).protocol : "")) {
    throw new UsageError(
      `Cannot use ${
        JSON.stringify(server)
      } as --cluster: redis://HOST:6379 is wanted, rediss://… for TLS, or postgres://…`,
    );
  }
  const secretFile = flags.value("secret-file");
  if (secretFile === undefined) {
    throw new UsageError(
      "Cannot use --cluster: there is no secret, wanted --secret-file FILE, with what the agents have",
    );
  }
  const version = flags.value("code-version");
  return {
    server,
    secretFile,
    group: flags.value("group"),
    codeVersion: version === undefined ? undefined : checkCodeVersion(version),
    caFile: flags.value("ca-file"),
    aofCheck: !flags.has("no-aof-check"),
  };
}
