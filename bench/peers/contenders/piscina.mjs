/** piscina, whose workers are threads. */
// @ts-ignore: not a dependency of the project, but of bench/peers/package.json
import { Piscina } from "piscina";
import { main } from "./main.mjs";

await main(() => {
  const pool = new Piscina({
    filename: new URL("tasks.mjs", import.meta.url).href,
    minThreads: 2,
    maxThreads: 2,
    maxQueue: Infinity,
    recordTiming: false,
  });
  return { threads: true, call: (name, argument) => pool.run(argument, { name }), close: () => pool.destroy() };
});
