/** tinypool with child processes. */
// @ts-ignore: not a dependency of the project, but of bench/peers/package.json
import { Tinypool } from "tinypool";
import { main } from "./main.mjs";

// Structured clone carries bytes as bytes; JSON is the faster one for all else.
const serializationOf = (row) => row === "bytes" ? "advanced" : "json";

await main((row) => {
  const pool = new Tinypool({
    filename: new URL("tasks.mjs", import.meta.url).href,
    runtime: "child_process",
    minThreads: 2,
    maxThreads: 2,
    serialization: serializationOf(row),
  });
  return { call: (name, argument) => pool.run(argument, { name }), close: () => pool.destroy() };
});
