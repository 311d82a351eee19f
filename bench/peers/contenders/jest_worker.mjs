/** jest-worker with child processes. */
import { fileURLToPath } from "node:url";
// @ts-ignore: not a dependency of the project, but of bench/peers/package.json
import { Worker } from "jest-worker";
import { main } from "./main.mjs";

await main((row) => {
  const pool = new Worker(
    fileURLToPath(new URL("tasks.mjs", import.meta.url)),
    {
      numWorkers: 2,
      exposedMethods: [
        "noop",
        "identity",
        "increment",
        "lengthOf",
        "echo",
        "mapChunk",
        "spin",
        "hold",
        "dieAtTenth",
        "countPrimes",
      ],
      forkOptions: { serialization: row === "bytes" ? "advanced" : "json" },
    },
  );
  return { call: (name, argument) => pool[name](argument), close: () => pool.end() };
});
