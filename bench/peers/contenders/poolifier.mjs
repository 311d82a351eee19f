// deno-lint-ignore-file no-console
/** poolifier-web-worker, whose workers are Deno's threads; run by Deno. */
// @ts-ignore: not a dependency of the project, but of bench/peers/package.json
import { FixedThreadPool } from "poolifier-web-worker";
import { main } from "./main.mjs";

await main(() => {
  const pool = new FixedThreadPool(
    2,
    new URL("poolifier_worker.mjs", import.meta.url),
    { errorEventHandler: (event) => console.error(event.message) },
  );
  return { threads: true, call: (name, argument) => pool.execute(argument, name), close: () => pool.destroy() };
});
