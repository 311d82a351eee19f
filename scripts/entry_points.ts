// deno-lint-ignore-file no-console
/** Prints the files that the packages export, for `deno doc --lint`. */
import cli from "../cli/deno.json" with { type: "json" };
import cluster from "../cluster/deno.json" with { type: "json" };
import library from "../deno.json" with { type: "json" };

console.log(
  [
    ...Object.values(library.exports),
    `./cli/${cli.exports}`,
    ...Object.values(cluster.exports).map((path) => `./cluster/${path}`),
  ].join(" "),
);
