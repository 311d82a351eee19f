// deno-lint-ignore-file no-console
/** What the processes and the workers run. Only the types of the library are imported: that takes no permission. */
import type { Queue } from "@corral/multiprocessing";

/** Writes A, B, C and so on. */
export async function write(queue: Queue<string>): Promise<void> {
  for (const letter of "ABCDE") {
    console.log(`put ${letter}`);
    await queue.put(letter);
  }
}

/** Reads until the queue has ended. */
export async function read(queue: Queue<string>): Promise<void> {
  for await (const letter of queue) console.log(`got ${letter}`);
  console.log("no more letters");
}

/** Puts so many items. In a full queue it waits. */
export async function produce(queue: Queue<string>, producer: number, items: number): Promise<number> {
  for (let item = 1; item <= items; item++) await queue.put(`${producer}/${item}`);
  return items;
}

/** Takes items until the queue has ended, and returns them. */
export async function consume(queue: Queue<string>): Promise<string[]> {
  return await Array.fromAsync(queue);
}
