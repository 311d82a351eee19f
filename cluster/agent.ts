/**
 * The command `corral-agent`: runs tasks that programs on other machines submit with `@corral/cluster`.
 *
 *     deno install -g --allow-net=10.0.0.5:6379 --ignore-env --allow-env=DENO_DIR,HOME,XDG_CACHE_HOME --allow-sys=hostname --allow-run=deno --allow-read \
 *       -n corral-agent jsr:@corral/cluster/agent
 *     corral-agent --redis redis://10.0.0.5:6379 --secret-file cluster.key --jobs auto --allow-read=./data ./tasks.ts
 *
 * Its `--allow-*` flags are all that its workers may do. It ends on SIGTERM, when the tasks that run have ended.
 *
 * @module
 */
import { runAgentCommand } from "./src/agent/command.ts";

if (import.meta.main) Deno.exit(await runAgentCommand(Deno.args));
