/**
 * Unit: fuzzing of all that one process reads of another: messages that are nearly right, and bytes that are nearly frames. Whatever comes, it is
 * taken or refused with a typed error, and nothing else changes.
 *
 * `CORRAL_TEST_FUZZ_RUNS` and `CORRAL_TEST_FUZZ_SEED` make longer runs. What was found goes into `corpus.json`.
 */
import { assert, assertEquals } from "@std/assert";
import { PayloadTooLargeError, ProtocolError } from "../../src/errors.ts";
import { QueueObject } from "../../src/channels/queue_object.ts";
import { type Handle, REF } from "../../src/hub/handle.ts";
import { Hub } from "../../src/hub/hub.ts";
import { LockObject } from "../../src/sync/lock_object.ts";
import { decode, encode } from "../../src/wire/codec/codec.ts";
import { lineLimits } from "../../src/wire/codec/line_limits.ts";
import { LineReader } from "../../src/wire/codec/line_reader.ts";
import { FrameBuffer } from "../../src/wire/framing/frame_buffer.ts";
import { FrameDecoder } from "../../src/wire/framing/frame_decoder.ts";
import { readHubMessage } from "../../src/wire/messages/hub_messages.ts";
import { readParentMessage } from "../../src/wire/messages/to_child.ts";
import { parseMessage } from "../../src/wire/messages/text.ts";
import { readChildMessage } from "../../src/wire/messages/to_parent.ts";
import { HubChild, makeHandle, turn } from "../helpers/simulated/hub_network.ts";
import { Chance, mutatedBytes, mutatedMessage } from "../helpers/simulated/message_fuzzer.ts";
import corpus from "./corpus.json" with { type: "json" };

const RUNS = Number(Deno.env.get("CORRAL_TEST_FUZZ_RUNS") ?? 4000);
const SEED = Number(Deno.env.get("CORRAL_TEST_FUZZ_SEED") ?? 20_261_129);
const LIMITS = lineLimits(1024 * 1024);

/** Requires that `read` gives something or throws a typed error, and changes no prototype. */
function requireTyped(what: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    const isTyped = error instanceof ProtocolError || error instanceof PayloadTooLargeError;
    assert(isTyped, `${what} gives ${Deno.inspect(error)}`);
  }
  assertEquals(Object.keys(Object.prototype), []);
  assertEquals(({} as { polluted?: unknown }).polluted, undefined);
}

/** Decodes every value in a message that says that it is tagged. */
function decodeValues(message: readonly unknown[], parts: Uint8Array[]): void {
  message.forEach((item, place) => {
    if (item === 1 && place + 1 < message.length) decode(message[place + 1], true, parts);
  });
}

Deno.test("a parent and a child take a message that is nearly right, or refuse it with a typed error", () => {
  const chance = new Chance(SEED);
  for (let run = 0; run < RUNS; run++) {
    const text = mutatedMessage(corpus, chance);
    const parts = Array.from({ length: chance.below(3) }, () => new Uint8Array(8 * chance.below(3)));
    requireTyped(text, () => decodeValues(readChildMessage(text, parts), parts));
    requireTyped(text, () => readParentMessage(text));
    requireTyped(text, () => readHubMessage(parseMessage(text)));
  }
});

Deno.test("a decoder takes bytes that are nearly frames, or refuses them with a typed error", async () => {
  const chance = new Chance(SEED);
  const values: unknown[] = [
    Array.from({ length: 700 }, (_, n) => ({ n, text: `row ${n}`.repeat(9) })),
    { a: "x".repeat(40_000), b: { c: Array.from({ length: 9000 }, (_, n) => [n]) } },
    { when: new Date(1), bytes: new Uint8Array(9), rows: Array.from({ length: 3000 }, (_, n) => new Date(n)) },
    Array.from({ length: 600 }, (_, n) => n / 2),
    // One string that is parsed as it comes.
    { text: 'é\\n"\u2028\ud83d\ude00'.repeat(20_000) },
  ];
  const frames = await Promise.all(values.map((value) => {
    const { text, tagged, parts } = encode(value);
    const buffer = new FrameBuffer();
    buffer.append(`["result",7,${tagged ? 1 : 0},${text}]`, parts);
    return new Blob(buffer.take() as Uint8Array<ArrayBuffer>[]).bytes();
  }));
  for (let run = 0; run < RUNS / 10; run++) {
    const bytes = mutatedBytes(chance.pick(frames), chance);
    requireTyped(`run ${run}`, () => {
      const decoder = new FrameDecoder((received, receivedParts) => {
        decodeValues(readChildMessage(received, receivedParts), receivedParts);
      }, { maxFrameBytes: 1024 * 1024, maxTextBytes: 262_144, readLines: (size) => new LineReader(size, LIMITS) });
      const pieceBytes = 1 + chance.below(100_000);
      for (let at = 0; at < bytes.length; at += pieceBytes) decoder.push(bytes.slice(at, at + pieceBytes));
    });
  }
});

Deno.test("a hub takes messages about objects that are nearly right, or refuses them; then it serves the others as before", async () => {
  const chance = new Chance(SEED);
  for (let round = 0; round < RUNS / 40; round++) {
    const hub = new Hub();
    const [hostile, honest] = [new HubChild(hub), new HubChild(hub)];
    const queue = makeHandle<Handle>(hub, "Queue", new QueueObject(0));
    const lock = makeHandle<Handle>(hub, "Lock", new LockObject());
    for (const child of [hostile, honest]) for (const handle of [queue, lock]) child.give(handle);
    const ids = { $QUEUE: queue[REF].id, $LOCK: lock[REF].id };
    for (let sent = 0; sent < 40; sent++) {
      const text = mutatedMessage(corpus, chance).replace(/\$(QUEUE|LOCK)/g, (name) => ids[name as keyof typeof ids]);
      requireTyped(text, () => hostile.parentLink.receive(parseMessage(text), [], text.length));
    }
    await turn();
    hostile.die();
    await turn();
    const put = ["request", 1, ids.$QUEUE, "put", "", 0, 0, 0, [`round ${round}`]];
    assert(honest.parentLink.receive(put, [], 100), "the hub does not serve the other process any more");
    await turn();
    assert(honest.toChild.size > 0, "the other process got no answer");
    honest.die();
  }
});
