/** Unit tests of what leaves for a peer. */
import { assert, assertEquals } from "@std/assert";
import { Outbox } from "../../src/hub/requests/outbox.ts";
import { readChildMessage } from "../../src/wire/messages/to_parent.ts";

Deno.test("Outbox tells that many thousand requests are done in texts that a parent takes", async () => {
  const texts: string[] = [];
  const flushed = Promise.withResolvers<void>();
  const transport = {
    append: (text: string) => void texts.push(text),
    flush: () => flushed.resolve(),
    appendedBytes: 0,
    writtenBytes: 0,
  };
  const outbox = new Outbox(transport, () => {});
  const ids = Array.from({ length: 100_000 }, (_, n) => 900_000 + n);
  for (const id of ids) outbox.postDone(id);
  await flushed.promise;
  assert(texts.length < 100, `${texts.length} messages`);
  const read = texts.flatMap((text) => (readChildMessage(text, []) as unknown[]).slice(1));
  assertEquals([read.length, read.every((id, index) => id === ids[index])], [ids.length, true]);
});
