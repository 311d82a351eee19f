/** Unit tests of pipes, in memory: who holds an end, and when it has ended. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClosedError, type Connection, EndOfStreamError, Pipe, TimeoutError, wait } from "../../mod.ts";
import { PipeEnd } from "../../src/channels/pipe_end.ts";
import { Hub } from "../../src/hub/hub.ts";
import { HandleCollector } from "../../src/hub/handle_collector.ts";
import { encode } from "../../src/wire/codec/codec.ts";
import { HubChild, makeHandle, quiesce } from "../helpers/simulated/hub_network.ts";

/** A pipe in a hub of its own, and children that may get its ends. */
class PipeBench {
  readonly hub = new Hub();
  readonly a: Connection;
  readonly b: Connection;
  readonly child = new HubChild(this.hub);
  readonly other = new HubChild(this.hub);

  constructor(maxBytes?: number) {
    const [a, b] = PipeEnd.pair(maxBytes);
    this.a = makeHandle(this.hub, "Connection", a);
    this.b = makeHandle(this.hub, "Connection", b);
  }

  async call<R>(call: Promise<R>): Promise<R> {
    call.catch(() => {});
    await quiesce(this.child, this.other);
    return await call;
  }

  /** Whether `a` has come to its end. */
  async ended(): Promise<boolean> {
    await quiesce(this.child, this.other);
    return await this.a.poll() && await this.a.recv().then(() => false, (error) => error instanceof EndOfStreamError);
  }
}

Deno.test("Connection ends when its only other holder dies, though its maker has not closed it", async () => {
  const bench = new PipeBench();
  const theirs = bench.child.give(bench.b);
  await bench.call(theirs.send("last words"));
  const recv = [bench.a.recv(), bench.a.recv()];
  recv[1]!.catch(() => {});
  bench.child.die();
  assertEquals(await recv[0], "last words");
  await assertRejects(() => recv[1]!, EndOfStreamError);
  await assertRejects(() => bench.a.send("anybody?"), EndOfStreamError);
});

Deno.test("Connection lives as long as one of several holders", async () => {
  const bench = new PipeBench();
  bench.child.give(bench.b);
  const theirs = bench.other.give(bench.b);
  bench.b.close();
  bench.child.die();
  assert(!await bench.ended());
  theirs.close();
  assert(await bench.ended());
});

Deno.test("Connection may be closed by its maker before the message that holds it has left", async () => {
  const bench = new PipeBench();
  const collector = new HandleCollector();
  encode([bench.b], collector);
  bench.b.close();
  assert(!await bench.ended());
  bench.hub.export(collector.handles[0]!, bench.child.parentLink);
  assert(!await bench.ended());
  bench.child.die();
  assert(await bench.ended());
});

Deno.test("Connection opens again for the next worker that gets it, after the first one died", async () => {
  const bench = new PipeBench();
  bench.child.give(bench.b);
  bench.child.die();
  assert(await bench.ended());
  const theirs = bench.other.give(bench.b);
  await bench.call(theirs.send("second try"));
  assertEquals(await bench.a.recv(), "second try");
});

Deno.test("Connection that comes back to the process that closed it is open again", async () => {
  const bench = new PipeBench();
  const theirs = bench.child.give(bench.b);
  bench.b.close();
  const back = bench.child.giveBack(theirs);
  assert(back !== bench.b && !back.closed && bench.b.closed);
  await back.send("again");
  assertEquals(await bench.a.recv(), "again");
  bench.child.die();
  assert(await bench.ended());
});

Deno.test("Connection inside a message holds while the message waits, is given back, and is given on", async () => {
  const bench = new PipeBench();
  const [x, y] = PipeEnd.pair();
  const outer = makeHandle<Connection>(bench.hub, "Connection", x);
  const theirOuter = makeHandle<Connection>(bench.hub, "Connection", y);
  await outer.send({ take: bench.b });
  bench.b.close();
  assert(!await bench.ended());
  const reader = bench.child.give(theirOuter);
  reader.recv().catch(() => {});
  bench.child.toParent.deliver();
  // It dies with the message at its door.
  bench.child.die();
  assert(!await bench.ended());
  const second = bench.other.give(theirOuter);
  const { take } = await bench.call(second.recv()) as { take: Connection };
  await bench.call(take.send("made it"));
  assertEquals(await bench.a.recv(), "made it");
  take.close();
  assert(await bench.ended());
});

Deno.test("Connection closed by a child that gave it to a grandchild lives until that dies", async () => {
  const bench = new PipeBench();
  const grandchild = new HubChild(bench.child.hub);
  const middle = bench.child.give(bench.b);
  bench.b.close();
  const theirs = grandchild.give(middle);
  middle.close();
  const sent = theirs.send("hello");
  await quiesce(bench.child, grandchild);
  await sent;
  assertEquals(await bench.a.recv(), "hello");
  assert(!await bench.ended());
  grandchild.die();
  assert(await bench.ended());
});

Deno.test("Connection.recv() gives a message that its receiver did not get to the next one, in order", async () => {
  const bench = new PipeBench();
  const readers = [bench.child.give(bench.b), bench.other.give(bench.b)];
  for (const n of [1, 2, 3]) await bench.a.send(n);
  for (const reader of readers) reader.recv().catch(() => {});
  bench.child.toParent.deliver();
  bench.other.toParent.deliver();
  bench.other.die();
  bench.child.die();
  const got = [await bench.b.recv(), await bench.b.recv(), await bench.b.recv()];
  assertEquals(got, [1, 2, 3]);
});

Deno.test("Connection.recvBytes() leaves what it does not take", async () => {
  const [a, b] = Pipe();
  await a.send("text");
  await assertRejects(() => b.recvBytes(), TypeError);
  assertEquals(await b.recv(), "text");
  await a.sendBytes(new Uint8Array(10));
  await assertRejects(() => b.recvBytes({ maxLength: 9 }), RangeError, "10");
  await assertRejects(() => b.recvBytes({ maxLength: -1 }), RangeError);
  assertEquals((await b.recvBytes({ maxLength: 10 })).length, 10);
});

Deno.test("Connection's waits reject with the reason of an aborted signal, also when it was closed", async () => {
  const [closed, other] = Pipe();
  closed.close();
  const signal = AbortSignal.abort("reason");
  for (const wait of [closed.recv({ signal }), closed.recvBytes({ signal }), closed.poll(0, { signal })]) {
    assertEquals(await wait.catch((error) => error), "reason");
  }
  other.close();
});

Deno.test("Connection.poll() hears of a message that its receiver did not want, or did not get", async () => {
  const [a, b] = Pipe();
  const polled = b.poll(Infinity);
  const refused = assertRejects(() => b.recvBytes(), TypeError);
  await a.send("text");
  await refused;
  assert(await polled);

  const bench = new PipeBench();
  const reader = bench.child.give(bench.b);
  reader.recv().catch(() => {});
  bench.child.toParent.deliver();
  const waited = wait([bench.b]);
  await bench.a.send("lost on its way");
  bench.child.die();
  assertEquals(await waited, [bench.b]);
});

Deno.test("Connection.close() ends the waits of this process with ClosedError, and calls after it", async () => {
  const [a, b] = Pipe();
  const waits = [a.recv(), a.poll(Infinity)].map((wait) => assertRejects(() => wait, ClosedError));
  a.close();
  a.close();
  await Promise.all(waits);
  for (
    const call of [
      () => a.recv(),
      () => a.send(1),
      () => a.poll(),
      () => a.recvBytes(),
      () => a.sendBytes(new Uint8Array()),
    ]
  ) {
    await assertRejects(call, ClosedError);
  }
  await assertRejects(() => b.recv(), EndOfStreamError);
  await assertRejects(() => b.send(1), EndOfStreamError);
  assertEquals([a.closed, b.closed, await b.poll()], [true, false, true]);
});

Deno.test("Connection waits give up at their time and signal, and lose nothing", async () => {
  const [a, b] = Pipe<number>();
  const abort = new AbortController();
  const waits = [b.recv({ timeoutMs: 5 }), b.recv({ signal: abort.signal })];
  waits[1]!.catch(() => {});
  await assertRejects(() => waits[0]!, TimeoutError);
  abort.abort(new Error("stop"));
  await assertRejects(() => waits[1]!, Error, "stop");
  assertEquals([await b.poll(), await b.poll(-1), await b.poll(5)], [false, false, false]);
  await assertRejects(() => b.poll(Infinity, { signal: AbortSignal.abort(new Error("no")) }), Error, "no");
  await a.send(1);
  assertEquals([await b.poll(Infinity), await b.recv()], [true, 1]);
});

Deno.test("Connection.send() of another process waits while too much has not been received, and keeps its order", async () => {
  const bench = new PipeBench(1000);
  const theirs = bench.child.give(bench.b);
  let sent = 0;
  const sends = Array.from({ length: 10 }, (_, n) => theirs.send([n, "x".repeat(300)]).then(() => sent++));
  await quiesce(bench.child);
  assertEquals(sent, 3);
  for (let n = 0; n < 10; n++) {
    assertEquals((await bench.a.recv() as [number])[0], n);
    await quiesce(bench.child);
    assertEquals(sent, Math.min(10, n + 4));
  }
  await Promise.all(sends);
});

Deno.test("Connection.send() of the process that made the pipe never waits", async () => {
  const bench = new PipeBench(1000);
  for (let n = 0; n < 10; n++) await bench.b.send("x".repeat(500));
  for (let n = 0; n < 10; n++) await bench.a.recv();
});

Deno.test("Connection.send() that waits for room ends with its process, with the other end, and with its own", async () => {
  for (const end of ["process", "other end", "own end"]) {
    const bench = new PipeBench(100);
    const theirs = bench.child.give(bench.b);
    await bench.call(theirs.send("x".repeat(100)));
    const waiting = theirs.send("waits");
    waiting.catch(() => {});
    await quiesce(bench.child);
    if (end === "process") bench.child.die();
    else if (end === "other end") bench.a.close();
    else theirs.close();
    await quiesce(bench.child, bench.other);
    if (end === "other end") {
      await assertRejects(() => waiting, EndOfStreamError, "the other end of the pipe is closed");
    }
    if (end === "own end") await assertRejects(() => waiting, ClosedError);
    if (end === "other end") continue;
    // Nothing of it is left.
    assertEquals((await bench.a.recv() as string).length, 100);
    assert(await bench.ended());
  }
});
