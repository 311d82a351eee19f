/** End-to-end tests of one process: its life, its names, and what it is given. */
import { assert, assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { activeChildren, cpuCount, currentProcess, parentProcess, Process, Queue } from "../../mod.ts";
import { ended } from "../helpers/pools/ended.ts";
import { within } from "../helpers/simulated/clock.ts";
import { isAlive } from "../helpers/pools/with_pool.ts";

const COMPUTE = import.meta.resolve("../fixtures/processes/process_classes.ts");

Deno.test("Process goes through its whole life", async () => {
  const queue = new Queue<unknown>();
  const process = new Process({
    target: async (queue: Queue<unknown>, ...rest: unknown[]) => {
      await queue.put([rest, Deno.pid]);
      await queue.get();
    },
    args: [queue, 1, "two", { three: [3] }, undefined, new Date(0), 5n],
    name: "worker",
    daemon: true,
  });
  assertEquals([process.isAlive(), process.exitCode, process.pid], [false, null, null]);
  assertEquals(activeChildren(), []);
  process.start();
  assertEquals([process.isAlive(), process.exitCode, process.name, process.daemon], [true, null, "worker", true]);
  assertEquals(activeChildren(), [process]);
  assertEquals(await queue.get(), [[1, "two", { three: [3] }, undefined, new Date(0), 5n], process.pid]);
  await queue.put("go on");
  assert(await process.join());
  assertEquals([process.isAlive(), process.exitCode], [false, 0]);
  assertEquals(activeChildren(), []);
  assert(!isAlive(process.pid!));
});

Deno.test("currentProcess() is the main process in a program, and the same object each time", () => {
  const process = currentProcess();
  assertStrictEquals(currentProcess(), process);
  assert(process instanceof Process);
  assertEquals(
    [process.name, process.pid, process.daemon, process.exitCode, process.isAlive()],
    ["MainProcess", Deno.pid, false, null, true],
  );
  assertEquals(parentProcess(), null);
});

Deno.test("currentProcess() and parentProcess() tell a child what it is", async () => {
  const queue = new Queue<unknown>();
  const process = new Process({
    target: "tellIdentity",
    args: [queue],
    module: import.meta.resolve("../fixtures/processes/tell_identity.ts"),
    name: "child",
    daemon: true,
  });
  process.start();
  assertEquals(await queue.get(), {
    self: ["child", process.pid, true, null, true],
    parent: ["MainProcess", Deno.pid, true, false],
    children: 0,
    isSame: true,
  });
  await process.join();
});

Deno.test("Process names number the children of a process, and say the class", () => {
  const names = [new Process(), new Process({ name: "named" }), new Process()].map(({ name }) => name);
  const [first, , last] = names;
  assertEquals(names[1], "named");
  assertEquals(Number(last!.replace("Process-", "")), Number(first!.replace("Process-", "")) + 2);
  // @ts-expect-error: the target takes a number
  new Process({ target: (x: number) => x, args: ["text"] });
  const Other = class Other extends Process {};
  assertEquals(new Other().name.replace(/\d+$/, ""), "Other-");
  const process = new Process();
  process.name = "renamed";
  assertEquals(process.name, "renamed");
});

Deno.test("Process takes daemon from its creator, unless it is told", async () => {
  assertEquals([{}, { daemon: true }, { daemon: false }].map((options) => new Process(options).daemon), [
    false,
    true,
    false,
  ]);
  const queue = new Queue<boolean[]>();
  const process = new Process({
    target: "tellDefaults",
    args: [queue],
    module: import.meta.resolve("../fixtures/processes/tell_identity.ts"),
    daemon: true,
  });
  process.start();
  assertEquals(await queue.get(), [true, false]);
  await process.join();
});

Deno.test("Process runs a function of every kind", async () => {
  const kinds: [target: string | ((...args: never[]) => unknown), args: unknown[]][] = [
    ["double", [21]],
    [(await import(COMPUTE)).double, [21]],
    [(x: number) => x + 21, [21]],
    [Math.abs, [-42]],
  ];
  for (const [target, args] of kinds) {
    assertEquals(await ended(new Process({ target: target as string, args, module: COMPUTE })), 0);
  }
});

Deno.test("Process runs nothing when it has no target", async () => {
  assertEquals(await ended(new Process()), 0);
});

Deno.test("Process.run() calls the target here when it is called here", () => {
  assertEquals(new Process({ target: (a: number, b: number) => a + b, args: [1, 2] }).run(), 3);
  assertEquals(new Process().run(), undefined);
});

Deno.test("Process.join() returns at once for 0 and less, in time for more, and true after the end", async () => {
  await using process = new Process({ target: () => new Promise(() => {}) });
  process.start();
  assertEquals(await within(1000, () => process.join(0)), false);
  assertEquals(await within(1000, () => process.join(-1)), false);
  assertEquals(await process.join(30), false);
  process.terminate();
  assertEquals(await process.join(), true);
  assertEquals(await process.join(0), true);
  assertEquals(await Promise.all([process.join(), process.join(-1)]), [true, true]);
});

Deno.test("Process.terminate() ends it with -15, kill() with -9", async () => {
  for (const [end, exitCode] of [["terminate", -15], ["kill", -9]] as const) {
    const process = new Process({ target: () => new Promise(() => {}) });
    process.start();
    process[end]();
    await process.join();
    assertEquals(process.exitCode, exitCode);
    process[end]();
    assertEquals(process.exitCode, exitCode);
  }
});

Deno.test("Process.terminate() ends an endless loop, and lets code that listens finish its work", async () => {
  const queue = new Queue<string>();
  const looping = new Process({
    target: async (queue: Queue<string>) => {
      await queue.put("looping");
      while (true);
    },
    args: [queue],
  });
  looping.start();
  assertEquals(await queue.get(), "looping");
  looping.terminate();
  await looping.join();
  const listening = new Process({
    target: (queue: Queue<string>) => {
      const timer = setInterval(() => {}, 9999);
      Deno.addSignalListener("SIGTERM", async () => {
        clearInterval(timer);
        await queue.put("cleaned up");
        Deno.exit(3);
      });
      return queue.put("listening");
    },
    args: [queue],
  });
  listening.start();
  assertEquals(await queue.get(), "listening");
  listening.terminate();
  assertEquals(await queue.get(), "cleaned up");
  await listening.join();
  assertEquals([looping.exitCode, listening.exitCode], [-15, 3]);
});

Deno.test("Process.sentinel resolves with the exit code", async () => {
  const queue = new Queue<number>();
  const process = new Process({
    target: async (queue: Queue<number>) => Deno.exit(await queue.get()),
    args: [queue],
  });
  process.start();
  assertEquals(await Promise.race([process.sentinel, process.join(20)]), false);
  await queue.put(5);
  assertEquals(await process.sentinel, 5);
  assertStrictEquals(process.sentinel, process.sentinel);
});

Deno.test("Process runs many short children, and ends many that have just started", async () => {
  const short = Array.from({ length: 8 }, () => new Process({ target: () => {} }));
  for (const process of short) process.start();
  assertEquals(activeChildren().length, 8);
  assertEquals(await Promise.all(short.map((process) => process.sentinel)), Array(8).fill(0));
  const long = Array.from({ length: 10 }, () => new Process({ target: () => new Promise(() => {}) }));
  for (const process of long) process.start();
  for (const process of long) process.terminate();
  assertEquals(await Promise.all(long.map((process) => process.sentinel)), Array(10).fill(-15));
  assertEquals(activeChildren(), []);
  assertEquals(long.filter(({ pid }) => isAlive(pid!)), []);
});

Deno.test("Process gives a child no more open files when it has more siblings", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const queue = new Queue<number>();
  const siblings: Process[] = [];
  const counts: number[] = [];
  for (let i = 0; i < 4; i++) {
    const process = new Process({
      target: async (queue: Queue<number>) => {
        await queue.put(Deno.pid);
        await new Promise(() => {});
      },
      args: [queue],
    });
    process.start();
    siblings.push(process);
    const { stdout } = await new Deno.Command("ls", { args: [`/proc/${await queue.get()}/fd`] }).output();
    counts.push(new TextDecoder().decode(stdout).trim().split("\n").length);
  }
  for (const process of siblings) process.kill();
  await Promise.all(siblings.map((process) => process.sentinel));
  // Deno opens and closes one of its own at times; a pipe of a sibling would come in threes.
  assert(Math.max(...counts) - Math.min(...counts) < 3, `${counts}`);
});

Deno.test("Process passes on its permissions, variables and folder", async () => {
  const queue = new Queue<unknown>();
  const folder = await Deno.realPath(new URL(".", import.meta.url));
  const process = new Process({
    target: async (queue: Queue<unknown>) => {
      const kinds = ["read", "write", "net", "run", "sys", "ffi"] as const;
      const granted = kinds.filter((name) => Deno.permissions.querySync({ name }).state === "granted");
      await queue.put([granted, Deno.env.get("GIVEN"), Deno.cwd()]);
    },
    args: [queue],
    permissions: { read: true },
    env: { GIVEN: "value" },
    cwd: folder,
  });
  process.start();
  assertEquals(await queue.get(), [["read"], "value", folder]);
  await process.join();
});

Deno.test("Process is started with another Deno when it is told", async () => {
  assertEquals(await ended(new Process({ target: () => {}, denoPath: Deno.execPath() })), 0);
});

Deno.test("Process with a memory limit ends when its work is done", async () => {
  assertEquals(await ended(new Process({ target: () => {}, memoryLimitMiB: 64 })), 0);
});

Deno.test("cpuCount() is a whole number of at least 1", () => {
  assert(Number.isInteger(cpuCount()));
  assertNotEquals(cpuCount(), 0);
});
