/**
 * The command `corral`: a TypeScript function over a stream of records, in parallel worker processes that may do only
 * what they were granted.
 *
 * ```sh
 * deno install -g --allow-run=deno --allow-read --allow-write \
 *   --allow-env=DENO_DIR,HOME,XDG_CACHE_HOME,LOCALAPPDATA,CI,TERM,TERM_PROGRAM,TMUX -n corral jsr:@corral/cli
 * cat in.ndjson | corral map ./job.ts > out.ndjson
 * ```
 *
 * The command needs `--allow-run=deno`; reading where inputs, and the `deno.json` of the function's module, lie; writing
 * where files are to be written. What workers are allowed, it must be allowed itself. See `corral map --help`.
 *
 * @module
 */
import { corral } from "./command/command.ts";

if (import.meta.main) Deno.exit(await corral(Deno.args));
