import { ClosedError, EndOfStreamError } from "../errors.ts";

/** Takes item after item, until the stream has ended or is closed here. */
export async function* takeAll<T>(take: () => Promise<T>): AsyncGenerator<T, void, undefined> {
  while (true) {
    let item: T;
    try {
      item = await take();
    } catch (error) {
      if (error instanceof EndOfStreamError || error instanceof ClosedError) return;
      throw error;
    }
    yield item;
  }
}
