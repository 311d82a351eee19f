/** A number in a file, of four bytes. */
import type { Lock } from "@corral/multiprocessing";

/** Makes the file, with a zero in it. */
export async function reset(path: string): Promise<void> {
  await Deno.writeFile(path, new Uint8Array(4));
}

/** Reads the number. */
export async function read(path: string): Promise<number> {
  return new Uint32Array((await Deno.readFile(path)).buffer)[0]!;
}

/** Adds 1 to it, so many times. While it holds the lock, nobody comes between its reading and its writing. */
export async function increment(path: string, times: number, lock: Lock | null): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  const number = new Uint32Array(1);
  const bytes = new Uint8Array(number.buffer);
  for (let done = 0; done < times; done++) {
    using _guard = await lock?.acquire();
    await file.seek(0, Deno.SeekMode.Start);
    await file.read(bytes);
    number[0]! += 1;
    await file.seek(0, Deno.SeekMode.Start);
    await file.write(bytes);
  }
}
