/** What the workers of every JavaScript contender run. */

const id = globalThis.Deno?.pid ?? globalThis.process?.pid;
const thread = Math.random();

export function noop() {}

/** Names the worker: its process, and a number for the case that threads share that. */
export function identity() {
  return { pid: id, thread };
}

export function increment(number) {
  return number + 1;
}

export function lengthOf(bytes) {
  return bytes.byteLength ?? bytes.length;
}

export function echo(value) {
  return value;
}

export function idOf(record) {
  return record.id;
}

/** For pools without a map: its users write this. */
export function mapChunk({ name, chunk }) {
  const task = name === "echo" ? echo : idOf;
  return chunk.map((item) => task(item));
}

/** Keeps its processor busy. */
export function spin(durationMs) {
  const until = performance.now() + durationMs;
  while (performance.now() < until);
}

/** Waits, and lets its worker do other things meanwhile. */
export async function hold(durationMs) {
  await new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** Every tenth kills its process, the others give their number back. */
export function dieAtTenth(number) {
  if (number % 10 !== 9) return number;
  const { Deno, process } = globalThis;
  Deno ? Deno.kill(id, "SIGKILL") : process.kill(id, "SIGKILL");
  while (true);
}

/** Counts the primes below a limit, the slow way: nothing but arithmetic. */
export function countPrimes(limit) {
  let count = 0;
  for (let number = 2; number < limit; number++) {
    let divisor = 2;
    while (divisor * divisor <= number && number % divisor !== 0) divisor++;
    if (divisor * divisor > number) count++;
  }
  return count;
}
