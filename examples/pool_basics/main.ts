// deno-lint-ignore-file no-console
/**
 * Every way to give work to a pool, one call or many, awaited or not; more tasks than workers; and where errors go.
 *
 *     deno run --allow-run=deno examples/pool_basics/main.ts
 *
 * The workers may only compute. Their module is loaded for them: that takes no permission.
 */
import { Pool } from "@corral/multiprocessing";
import { half, power, square } from "./tasks.ts";

function* pairs(): Generator<[number, number]> {
  for (let exponent = 1; exponent <= 5; exponent++) yield [2, exponent];
}

const used = new Set<number>();
const pool = new Pool({
  workers: 2,
  module: import.meta.resolve("./tasks.ts"),
  onEvent: (event) => event.type === "taskStart" && used.add(event.pid),
});
await pool.ready(); // Workers start on demand otherwise: perhaps one would do all of this.

console.log("apply", await pool.apply(power, [2, 10]));
console.log("map", await pool.map(square, [1, 2, 3, 4, 5, 6]));
console.log("starmap", await pool.starmap(power, [[2, 3], [3, 2], [10, 0]]));

// These return at once. What they give can be awaited, or asked with get().
const one = pool.applyAsync(half, [42], { callback: (value) => console.log("callback", value) });
const many = pool.mapAsync(half, [2, 4, 6]);
const spread = pool.starmapAsync(power, pairs());
console.log("ready at once?", one.ready(), many.ready(), spread.ready());
console.log("applyAsync", await one.get());
console.log("mapAsync", await many.get(5000));
console.log("starmapAsync", await spread);

// An error reaches the code that awaits the result, or to the errorCallback.
const failing = pool.applyAsync(half, [7], { errorCallback: (error) => console.log("errorCallback", String(error)) });
await failing.wait();
console.log("successful?", failing.successful());
await pool.map(half, [2, 3, 4]).catch((error) => console.log("map", String(error)));

pool.close();
await pool.join();
console.log(`all of it ran on ${used.size} workers, ${pool.workers.length} are left`);
try {
  await pool.apply(power, [2, 2]);
} catch (error) {
  console.log("after close", String(error));
}
