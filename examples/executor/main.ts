// deno-lint-ignore-file no-console
/**
 * Looks for the factors of large numbers with a ProcessPoolExecutor: submit, asCompleted, map, wait, and cancelling.
 *
 *     deno run --allow-run=deno examples/executor/main.ts
 *
 * The workers may only compute. For a thousand futures of every outcome, see `mixed_outcomes.ts` beside this file.
 */
import { asCompleted, ProcessPoolExecutor, waitFutures } from "@corral/multiprocessing";
import { searchForever, smallestFactor } from "./primes.ts";

const NUMBERS = [112272535095293, 112582705942171, 115280095190773, 115797848077099, 1099726899285419];

const describe = (n: number, factor: number) => factor === n ? `${n} is prime` : `${n} can be divided by ${factor}`;

await using executor = new ProcessPoolExecutor({ maxWorkers: 2, module: import.meta.resolve("./primes.ts") });

// Each as soon as it is there.
const numberOf = new Map(NUMBERS.map((n) => [executor.submit(smallestFactor, n), n]));
for await (const future of asCompleted(numberOf.keys())) {
  console.log(`asCompleted: ${describe(numberOf.get(future)!, await future.result())}`);
}

// All in order.
const factors = await Array.fromAsync(executor.map(smallestFactor, NUMBERS));
for (const [index, n] of NUMBERS.entries()) console.log(`map: ${describe(n, factors[index]!)}`);

// What a task throws is thrown by the future.
const wrong = executor.submit(smallestFactor, 0.5);
console.log(`exception: ${await wrong.exception()}`);

// Until the first is done. One that has not started can be cancelled, one that runs can be stopped by its signal.
const controller = new AbortController();
const endless = executor.submitWith({ signal: controller.signal }, searchForever);
const short = executor.submit(smallestFactor, 91);
const first = await waitFutures([endless, short], { returnWhen: "FIRST_COMPLETED" });
console.log(
  `wait: the short one is done: ${first.done.has(short)}, the endless one is not: ${first.notDone.has(endless)}`,
);

const waiting = [NUMBERS[0]!, NUMBERS[1]!, NUMBERS[2]!].map((n) => executor.submit(smallestFactor, n));
console.log(`cancel: the last of three, ${waiting.at(-1)!.cancel()}; the endless one, ${endless.cancel()}`);
controller.abort(new Error("enough of this"));
const all = await waitFutures([endless, ...waiting]);
const reason = await endless.result().catch((error) => error);
console.log(`wait: ${all.done.size} of ${1 + waiting.length} are done; the endless one was stopped: ${reason.message}`);
