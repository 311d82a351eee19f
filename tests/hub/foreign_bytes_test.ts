/** Unit tests of what other processes may have this one keep for them in all objects together. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { PipeEnd } from "../../src/channels/pipe_end.ts";
import { QueueObject } from "../../src/channels/queue_object.ts";
import { ItemQueue } from "../../src/channels/item_queue.ts";
import { EncodedValue } from "../../src/hub/encoded_value.ts";
import { ForeignBytes, foreignBytes } from "../../src/hub/requests/askers.ts";
import { KeptTotal } from "../../src/manager/kept_bytes.ts";
import { QueueFullError } from "../../mod.ts";

const OWNER = { process: "", task: 0 };
const WORKER = { process: "1", task: 0 };

Deno.test("one neighbour alone may have half of all, also by names of processes behind it, and others have room still", () => {
  const all = new ForeignBytes(1000);
  for (let n = 0; all.hasRoomFor(`1/${n}`); n++) all.add(`1/${n}`, 10);
  assertEquals(all.has(500), true);
  assertEquals(all.has(501), false);
  assert(!all.hasRoomFor("1"));
  for (let n = 0; all.hasRoomFor("2"); n++) all.add("2", 10);
  assert(all.has(240));
  assert(all.hasRoomFor("3"));
  all.add("2", -260);
  all.add("1/0", -10);
  assert(all.hasRoomFor("1"));
  all.add("", 600);
  assert(!all.hasRoomFor("3"));
});

Deno.test("items of other processes count while they wait, those of the owner do not", () => {
  const all = new ForeignBytes(100_000);
  const items = new ItemQueue(undefined, undefined, all);
  for (let n = 0; n < 10; n++) items.push("x".repeat(50_000));
  assert(items.hasRoomFor("1"));
  items.push("x".repeat(50_000), "1");
  assert(!items.hasRoomFor("1"));
  assert(items.hasRoomFor("2"));
  assert(items.hasRoomFor(""));
  for (let n = 0; n < 10; n++) items.tryTake(OWNER);
  assert(!items.hasRoomFor("1"));
  const taken = items.tryTake(WORKER)!;
  assert(items.hasRoomFor("1"));
  taken.requeue();
  assert(!items.hasRoomFor("1"));
  items.clear();
  assert(items.hasRoomFor("1"));
});

Deno.test("an item counts with the memory that its text takes: two bytes for each character where one of them is wide", () => {
  const sizeOf = (item: unknown): number => {
    const items = new ItemQueue();
    items.push(EncodedValue.capture(item, false), "1");
    const { bytes } = items;
    items.clear();
    return bytes;
  };
  const [narrow, wide] = ["\u00ff".repeat(50_000), "\u00ff".repeat(49_999) + "\u0100"];
  for (
    const [item, least] of [[narrow, 50_000], [wide, 100_000], [[wide], 100_000], [["a".repeat(9000)], 9000], [[
      "\u0100".repeat(9000),
    ], 18_000]] as const
  ) {
    const size = sizeOf(item);
    assert(size >= least && size < least + 1000, `${size}`);
  }
});

Deno.test("many queues and pipes together keep no more for a process than one may", () => {
  // Of all that this process keeps nothing is left for others.
  foreignBytes.add("", 2 ** 50);
  try {
    const { operations } = new QueueObject(0);
    operations.put!(OWNER, {}, "mine");
    const error = assertThrows(() => operations.put!(WORKER, {}, "theirs"), QueueFullError);
    assert(error.message.startsWith("Cannot put: items that this process, or one that it made, has put into queues"));
    assertThrows(() => operations.putNowait!(WORKER, {}, "theirs"), QueueFullError);
    const [a, b] = PipeEnd.pair();
    a.held("here");
    b.held("elsewhere");
    b.held("here");
    assertThrows(() => a.operations.send!(WORKER, {}, "theirs"), QueueFullError, "Cannot send: messages that");
    a.operations.send!(OWNER, {}, "mine");
    assertThrows(() => new KeptTotal(undefined, foreignBytes).requireRoom(1), RangeError, "would take more than");
  } finally {
    foreignBytes.add("", -(2 ** 50));
  }
  const { operations } = new QueueObject(0);
  operations.put!(WORKER, {}, "theirs");
  operations.get!(OWNER, {});
});
