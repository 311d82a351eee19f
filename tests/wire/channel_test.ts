/** Unit tests of a channel over pipes in memory. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { PayloadTooLargeError } from "../../src/errors.ts";
import { Channel } from "../../src/wire/channel.ts";

/** A pipe whose writes are taken one by one, when the test says so. */
class Pipe {
  readonly writes: Uint8Array[] = [];
  readonly #readers: ((bytes: Uint8Array<ArrayBuffer> | null) => void)[] = [];
  readonly #ready: (Uint8Array<ArrayBuffer> | null)[] = [];
  #taken: PromiseWithResolvers<void> | undefined;

  write = (chunk: Uint8Array): Promise<void> => {
    this.writes.push(chunk.slice());
    this.#taken = Promise.withResolvers<void>();
    return this.#taken.promise;
  };

  /** The write that waits has left. */
  take(): void {
    this.#taken!.resolve();
  }

  /** The write that waits cannot leave. */
  refuse(): void {
    this.#taken!.reject(new Error("broken pipe"));
  }

  deliver(bytes: Uint8Array | null): void {
    const copy = bytes === null ? null : new Uint8Array(bytes);
    const reader = this.#readers.shift();
    if (reader === undefined) this.#ready.push(copy);
    else reader(copy);
  }

  read = (_: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null> => {
    if (this.#ready.length > 0) return Promise.resolve(this.#ready.shift()!);
    return new Promise((resolve) => this.#readers.push(resolve));
  };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await undefined;
};

Deno.test("Channel writes what is appended during a write together in the next one", async () => {
  const pipe = new Pipe();
  const channel = new Channel({ read: pipe.read, write: pipe.write, onFrame: () => {} });
  channel.append("[1]");
  channel.flush();
  channel.append("[2]");
  channel.flush();
  channel.append("[3]");
  channel.flush();
  assertEquals(pipe.writes.length, 1);
  pipe.take();
  await turns();
  assertEquals(pipe.writes.map((bytes) => bytes.length), [11, 22]);
  pipe.take();
  await turns();
  assertEquals(channel.writing, undefined);
});

Deno.test("Channel writes no more than a slice at once, and tells when it has left", async () => {
  const pipe = new Pipe();
  const channel = new Channel({ read: pipe.read, write: pipe.write, onFrame: () => {}, sliceBytes: 100_000 });
  channel.append("[1]", [new Uint8Array(250_000).fill(7)]);
  channel.flush();
  assertEquals(channel.writing === undefined, false);
  const told: number[] = [];
  while (channel.writing !== undefined) {
    channel.writing.then(() => told.push(channel.writtenBytes));
    pipe.take();
    await turns();
  }
  assertEquals(channel.writtenBytes, channel.appendedBytes);
  assertEquals(pipe.writes.every(({ length }) => length <= 100_000), true);
  assertEquals(told.length, pipe.writes.length);
  const bytes = new Uint8Array(await new Blob(pipe.writes as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  assertEquals(bytes.length, 8 + 3 + 4 + 250_000);
  assertEquals(bytes.subarray(15).every((byte) => byte === 7), true);
});

Deno.test("Channel reads while a write waits: neither side ever waits for the other", async () => {
  const pipe = new Pipe();
  const texts: string[] = [];
  const channel = new Channel({ read: pipe.read, write: pipe.write, onFrame: (text) => void texts.push(text) });
  const running = channel.run();
  channel.append("[1]");
  channel.flush();
  const frame = pipe.writes[0]!;
  // A frame in two pieces, and its end with the whole next one.
  pipe.deliver(frame.subarray(0, 5));
  await turns();
  assertEquals([texts, channel.inFrame], [[], true]);
  pipe.deliver(new Uint8Array([...frame.subarray(5), ...frame]));
  await turns();
  assertEquals([texts, channel.inFrame, channel.writing === undefined], [["[1]", "[1]"], false, false]);
  pipe.deliver(null);
  await running;
  pipe.take();
});

Deno.test("Channel rejects its run with what a frame's handler throws", async () => {
  const pipe = new Pipe();
  const fail = () => {
    throw new RangeError("not this one");
  };
  const channel = new Channel({ read: pipe.read, write: pipe.write, onFrame: fail });
  channel.append("[1]");
  channel.flush();
  pipe.deliver(pipe.writes[0]!);
  await assertRejects(() => channel.run(), RangeError, "not this one");
  pipe.take();
});

Deno.test("Channel says nothing of a write that fails, and writes no more", async () => {
  const pipe = new Pipe();
  const channel = new Channel({ read: pipe.read, write: pipe.write, onFrame: () => {} });
  channel.append("[1]");
  channel.flush();
  pipe.refuse();
  await turns();
  channel.append("[2]");
  channel.flush();
  assertEquals([pipe.writes.length, channel.writing], [1, undefined]);
});

Deno.test("Channel.endWriting() returns the write that is under way, and no other follows it", async () => {
  const pipe = new Pipe();
  const channel = new Channel({ read: pipe.read, write: pipe.write, onFrame: () => {}, sliceBytes: 8 });
  channel.append("[1]");
  channel.flush();
  channel.append("[2]");
  const last = channel.endWriting();
  pipe.take();
  await last;
  await turns();
  channel.append("[3]");
  channel.flush();
  assertEquals(pipe.writes.length, 1);
  assertEquals(channel.endWriting(), undefined);
});

Deno.test("Channel.append() takes nothing of a frame that is too large", () => {
  const pipe = new Pipe();
  const channel = new Channel({ read: pipe.read, write: pipe.write, onFrame: () => {}, maxFrameBytes: 16 });
  assertThrows(() => channel.append("x".repeat(17)), PayloadTooLargeError);
  channel.flush();
  assertEquals(pipe.writes, []);
});
