// deno-lint-ignore-file no-console
/** The same work for the record that is its argument. */
import { identity } from "./functions.ts";

console.log(JSON.stringify(identity(JSON.parse(Deno.args[0]!))));
