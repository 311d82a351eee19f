// Policy: connections that are dead without a word, with scripted sockets and a virtual clock.
import { assertEquals } from "@std/assert";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { DeadSockets } from "../../src/bullmq/redis/dead_sockets.ts";
import { VirtualClock } from "../helpers/virtual_clock.ts";

class FakeSocket extends EventEmitter {
  bytesRead = 0;
  destroyed = false;
  readonly written: string[] = [];

  write(text: string): void {
    this.written.push(text);
  }

  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

/** One connection, and a server that answers probes or does not. */
class Line {
  readonly clock = new VirtualClock();
  readonly socket = new FakeSocket();
  readonly commandQueue = { length: 1 };
  readonly probes: FakeSocket[] = [];
  readonly dead: DeadSockets;
  answers = true;
  onProbe = (): void => {};

  constructor() {
    const connection = { stream: this.socket as unknown as Socket, commandQueue: this.commandQueue };
    this.dead = new DeadSockets(this.clock, () => [connection], () => {
      const probe = new FakeSocket();
      this.probes.push(probe);
      this.clock.after(10, () => {
        probe.emit("connect");
        if (this.answers) probe.emit("data");
        this.onProbe();
      });
      return { socket: probe as unknown as Socket, ready: "connect", question: "PING\r\n" };
    });
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    let isOver = false;
    this.clock.after(ms, () => {
      isOver = true;
    });
    await this.clock.runUntil(() => isOver, ms);
  }
}

Deno.test("DeadSockets ends a connection that owes an answer for long while the server answers a new one", async () => {
  const line = new Line();
  await line.pass(19_000);
  assertEquals(line.probes.length, 0);
  await line.pass(4000);
  assertEquals([line.socket.destroyed, line.probes.length], [true, 1]);
  assertEquals([line.probes[0]!.written, line.probes[0]!.destroyed], [["PING\r\n"], true]);
  line.dead.stop();
});

Deno.test("DeadSockets leaves a connection that speaks, that owes nothing, or whose server answers nobody", async () => {
  const speaks = new Line();
  for (let at = 0; at < 10; at++) {
    await speaks.pass(12_000);
    speaks.socket.bytesRead++;
  }
  const owesNothing = new Line();
  owesNothing.commandQueue.length = 0;
  await owesNothing.pass(60_000);
  const stands = new Line();
  stands.answers = false;
  await stands.pass(60_000);
  assertEquals([speaks, owesNothing, stands].map(({ socket }) => socket.destroyed), [false, false, false]);
  assertEquals([speaks, owesNothing].map(({ probes }) => probes.length), [0, 0]);
  assertEquals(stands.probes.every(({ destroyed }) => destroyed), true);
  for (const { dead } of [speaks, owesNothing, stands]) dead.stop();
});

Deno.test("DeadSockets leaves a connection that speaks again a moment after the probe", async () => {
  const line = new Line();
  line.onProbe = () => line.clock.after(500, () => line.socket.bytesRead++);
  await line.pass(24_000);
  assertEquals([line.socket.destroyed, line.probes.length], [false, 1]);
  line.dead.stop();
});

Deno.test("DeadSockets.stop() ends a probe, and looks no more", async () => {
  const line = new Line();
  line.answers = false;
  await line.pass(20_005);
  line.dead.stop();
  assertEquals(line.probes.map(({ destroyed }) => destroyed), [true]);
  line.answers = true;
  await line.pass(60_000);
  assertEquals([line.socket.destroyed, line.probes.length], [false, 1]);
});
