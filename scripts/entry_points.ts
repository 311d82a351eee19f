// deno-lint-ignore-file no-console
/** Prints the files that deno.json exports, for `deno doc --lint`. */
import config from "../deno.json" with { type: "json" };

console.log(Object.values(config.exports).join(" "));
