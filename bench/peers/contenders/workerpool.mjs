/** workerpool with child processes. */
import { fileURLToPath } from "node:url";
// @ts-ignore: not a dependency of the project, but of bench/peers/package.json
import workerpool from "workerpool";
import { main } from "./main.mjs";

await main((row) => {
  const pool = workerpool.pool(
    fileURLToPath(new URL("workerpool_worker.mjs", import.meta.url)),
    {
      workerType: "process",
      minWorkers: 2,
      maxWorkers: 2,
      forkOpts: { serialization: row === "bytes" ? "advanced" : "json" },
    },
  );
  return {
    call: (name, argument) => Promise.resolve(pool.exec(name, argument === undefined ? [] : [argument])),
    close: () => Promise.resolve(pool.terminate()),
  };
});
