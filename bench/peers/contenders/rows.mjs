/**
 * The rows, as every JavaScript pool runs them. A row returns its samples, or an outcome in words.
 *
 * @typedef {object} Contender
 * @property {(name: string, argument?: unknown) => Promise<unknown>} call one call of a task
 * @property {() => Promise<unknown>} close
 * @property {() => Promise<unknown>} [ready] where the pool has a method for that
 * @property {(items: unknown[], name: string, chunkSize?: number) => Promise<unknown[]>} [map] where the pool has one
 * @property {(items: unknown[], name: string, chunkSize: number) => AsyncIterable<unknown>} [imap] where the pool has one
 * @property {boolean} [threads] its workers are threads of this process
 *
 * @typedef {object} Parameters
 * @property {number} count how many tasks, items or calls
 * @property {number} repeats how many samples
 * @property {number} [warmMs] for how long the work is done before the first one; it is done once at least
 * @property {number} size of a task: bytes, milliseconds, or a limit
 * @property {number} limitMs after which a call counts as lost
 *
 * @typedef {{ samples: number[] } | { outcome: string, samples: number[] }} Measured
 * @typedef {() => Contender} Open
 */

import { countLosses } from "./losses.mjs";
import { pause } from "./pause.mjs";
import { recordsOf } from "./records.mjs";
import { recover } from "./recovery.mjs";
import { residentMiB } from "./resident.mjs";
import { countPrimes } from "./tasks.mjs";
import { workersOf } from "./workers_of.mjs";

/** @param {Contender} pool @param {number} count @param {string} [name] @param {unknown} [argument] */
function callOften(pool, count, name = "noop", argument = undefined) {
  const calls = new Array(count);
  for (let n = 0; n < count; n++) calls[n] = pool.call(name, argument);
  return Promise.all(calls);
}

/** @param {Contender} pool */
async function warm(pool, calls = 200) {
  await workersOf(pool);
  await callOften(pool, calls);
}

/** @param {unknown} actual @param {unknown} expected @param {string} what */
function expect(actual, expected, what) {
  if (actual !== expected) {
    throw new Error(`Cannot measure: ${what} is ${actual}, ${expected} wanted`);
  }
}

/**
 * Runs `body` with a pool that is warm, and closes it.
 * @param {Open} open
 * @param {(pool: Contender) => Promise<Measured>} body
 */
async function withPool(open, body) {
  const pool = open();
  await warm(pool);
  const measured = await body(pool);
  await pool.close();
  return measured;
}

/**
 * Samples of how long `work` takes, in milliseconds.
 * @param {number} repeats
 * @param {() => Promise<unknown>} work
 */
export async function durations(repeats, work) {
  const samples = [];
  for (let n = 0; n < repeats; n++) {
    const startedAt = performance.now();
    await work();
    samples.push(performance.now() - startedAt);
  }
  return { samples };
}

/**
 * The same, when the work has been done for a while: engines compile what runs often.
 * @param {{ repeats: number, warmMs?: number }} parameters
 * @param {() => Promise<unknown>} work
 */
export async function warmDurations({ repeats, warmMs }, work) {
  await doFor(warmMs, work);
  return await durations(repeats, work);
}

/** @param {number | undefined} ms @param {() => Promise<unknown>} work */
async function doFor(ms = 0, work) {
  const until = performance.now() + ms;
  do await work(); while (performance.now() < until);
}

/** @type {Record<string, (open: Open, parameters: Parameters) => Promise<Measured>>} */
export const rows = {
  burst: (open, parameters) =>
    withPool(open, (pool) => warmDurations(parameters, () => callOften(pool, parameters.count))),
  "burst-first": (open, { count }) => withPool(open, (pool) => durations(1, () => callOften(pool, count))),

  "burst-spin": (open, parameters) => burstAround(open, "spin", parameters),
  "burst-hold": (open, parameters) => burstAround(open, "hold", parameters),

  latency: (open, { count }) =>
    withPool(open, async (pool) => {
      for (let n = 0; n < count; n++) await pool.call("increment", n);
      const samples = [];
      for (let n = 0; n < count; n++) {
        const startedAt = performance.now();
        await pool.call("increment", n);
        samples.push((performance.now() - startedAt) * 1000);
      }
      return { samples };
    }),

  "latency-first": async (open, { count }) => {
    const pool = open();
    await (pool.ready ? pool.ready() : pool.call("increment", 0));
    const samples = [];
    for (let n = 0; n < count; n++) {
      const startedAt = performance.now();
      await pool.call("increment", n);
      samples.push((performance.now() - startedAt) * 1000);
    }
    await pool.close();
    return { samples };
  },

  map: (open, { count, ...times }) =>
    withPool(open, (pool) => {
      if (!pool.map) return Promise.resolve({ samples: [], outcome: "no map" });
      const items = Array.from({ length: count }, (_, n) => n);
      return warmDurations(times, async () => {
        const results = await pool.map(items, "increment");
        expect(results.length, count, "the number of results");
        expect(results[count - 1], count, "the last result");
      });
    }),

  bytes: (open, { size, ...times }) =>
    withPool(open, (pool) => {
      const bytes = new Uint8Array(size).fill(7);
      return warmDurations(times, async () => expect(await pool.call("lengthOf", bytes), size, "the length"));
    }),

  records: (open, parameters) => passRecords(open, "echo", parameters, (pool) => pool.map ?? mapByChunks(pool)),
  "records-in": (open, parameters) => passRecords(open, "idOf", parameters, (pool) => pool.map ?? mapByChunks(pool)),
  "records-imap": (open, parameters) =>
    passRecords(open, "echo", parameters, (pool) => (...work) => Array.fromAsync(pool.imap(...work))),
  "records-calls": (open, parameters) => passRecords(open, "echo", parameters, mapByChunks),

  cpu: (open, { count, size, repeats }) =>
    withPool(open, async (pool) => {
      const samples = [];
      countPrimes(size);
      await callOften(pool, 4, "countPrimes", size);
      for (let n = 0; n < repeats; n++) {
        const startedAt = performance.now();
        for (let part = 0; part < count; part++) countPrimes(size);
        const aloneAt = performance.now();
        await callOften(pool, count, "countPrimes", size);
        samples.push((aloneAt - startedAt) / (performance.now() - aloneAt));
      }
      return { samples };
    }),

  start: async (open, { repeats }) => {
    const samples = [];
    for (let n = -1; n < repeats; n++) {
      const startedAt = performance.now();
      const pool = open();
      await (pool.ready ? pool.ready() : workersOf(pool));
      if (n >= 0) samples.push(performance.now() - startedAt);
      await pool.close();
    }
    return { samples };
  },

  memory: async (open, { size: settleMs }) => {
    await pause(settleMs);
    const before = await residentMiB();
    const pool = open();
    const workers = await workersOf(pool);
    await pause(settleMs);
    const samples = pool.threads
      ? [(await residentMiB() - before) / workers.length]
      : await Promise.all(workers.map(({ pid }) => residentMiB(pid)));
    await pool.close();
    return { samples };
  },

  queued: (open, { count, size: few, warmMs }) =>
    withPool(open, async (pool) => {
      const rounds = Math.max(1, Math.round(Math.min(count, 100_000) / few));
      await doFor(warmMs, () => callOften(pool, few));
      const startedAt = performance.now();
      for (let n = 0; n < rounds; n++) await callOften(pool, few);
      const fewAt = performance.now();
      await callOften(pool, count);
      const manyAt = performance.now();
      return { samples: [(manyAt - fewAt) / count / ((fewAt - startedAt) / (rounds * few))] };
    }),

  recovery: async (open, { limitMs, repeats }) => {
    const samples = [];
    for (let n = 0; n < repeats; n++) {
      const recovered = await recover(open, limitMs);
      if (typeof recovered === "string") return { samples, outcome: recovered };
      samples.push(recovered);
    }
    return { samples };
  },

  losses: async (open, parameters) => ({ samples: [], outcome: await countLosses(open, parameters) }),
};

/**
 * A burst with one long task in its middle: until all others are done.
 * @param {Open} open @param {string} name @param {Parameters} parameters
 */
function burstAround(open, name, { count, repeats, size, warmMs }) {
  return withPool(open, async (pool) => {
    const samples = [];
    await doFor(warmMs, () => callOften(pool, count));
    for (let n = 0; n < repeats; n++) {
      const startedAt = performance.now();
      const before = callOften(pool, count / 2);
      const long = pool.call(name, size);
      const after = callOften(pool, count / 2);
      await Promise.all([before, after]);
      samples.push(performance.now() - startedAt);
      await long;
    }
    return { samples };
  });
}

/**
 * Records in chunks, in one of several ways.
 * @param {Open} open @param {string} name @param {Parameters} parameters
 * @param {(pool: Contender) => (records: unknown[], name: string, chunkSize: number) => Promise<unknown[]>} wayOf
 */
function passRecords(open, name, { count, size: chunkSize, ...times }, wayOf) {
  return withPool(open, (pool) => {
    const records = recordsOf(count);
    const last = name === "echo" ? (record) => record.id : (id) => id;
    const pass = wayOf(pool);
    return warmDurations(times, async () => {
      const results = await pass(records, name, chunkSize);
      expect(results.length, count, "the number of results");
      expect(last(results[count - 1]), count - 1, "the last record");
    });
  });
}

/** With a call for each chunk. @param {Contender} pool */
function mapByChunks(pool) {
  return async (items, name, chunkSize) => {
    const calls = [];
    for (let at = 0; at < items.length; at += chunkSize) {
      calls.push(pool.call("mapChunk", { name, chunk: items.slice(at, at + chunkSize) }));
    }
    return (await Promise.all(calls)).flat();
  };
}
