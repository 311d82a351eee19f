/**
 * The command `corral`: a TypeScript function over a stream of records, in parallel worker processes that may do only
 * what they were granted.
 *
 * ```sh
 * deno install -g -A -n corral jsr:@corral/cli
 * cat in.ndjson | corral map ./job.ts > out.ndjson
 * ```
 *
 * With `-A` the command holds every permission, and its workers get only what you grant them. It can also be installed with less: it
 * needs `--allow-run=deno`; reading where inputs, and the `deno.json` of the function's module, lie; writing where files are
 * to be written; and what workers are to be granted. See `corral map --help`.
 *
 * @module
 */
import { corral } from "./command/command.ts";

if (import.meta.main) Deno.exit(await corral(Deno.args));
