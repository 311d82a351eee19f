/** End-to-end tests of how a process ends: exit codes, what it prints by then, and work that it leaves running. */
// deno-lint-ignore-file no-console -- processes print
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Connection, EndOfStreamError, Pipe, Process, Queue } from "../../mod.ts";
import { ended } from "../helpers/pools/ended.ts";
import { RunningProgram, runProgram } from "../helpers/programs/program.ts";

/** The end of a process, with all that its program printed until it was joined. */
type Ending = Readonly<Record<"stdout" | "stderr", string> & { exitCode: number }>;

/** A process: what it runs, as text that may name `outside` of its program, its other options as text, and what must become of it. */
interface Case {
  readonly target: string | ((...args: unknown[]) => unknown);
  readonly options?: string;
  readonly check: (ending: Ending) => void;
}

const SEPARATOR = "--- joined\n";

/** Runs processes one after the other in one program. */
async function runCases(cases: readonly Case[]): Promise<Ending[]> {
  const bodies = cases.map(({ target, options = "" }) =>
    `await (async () => {
      const process = new corral.Process({ target: ${target}, ${options} });
      process.start();
      await process.join();
      codes.push(process.exitCode);
      for (const stream of [Deno.stdout, Deno.stderr]) stream.writeSync(separator);
    })();`
  );
  const { code, stdout, stderr } = await runProgram(`
    const [outside, codes] = [5, []];
    const separator = new TextEncoder().encode(${JSON.stringify(SEPARATOR)});
    ${bodies.join("\n")}
    console.log(JSON.stringify(codes));`);
  assertEquals(code, 0, stderr);
  const [printed, errors] = [stdout.split(SEPARATOR), stderr.split(SEPARATOR)];
  const codes: number[] = JSON.parse(printed.pop()!);
  return codes.map((exitCode, index) => ({ exitCode, stdout: printed[index]!, stderr: errors[index]! }));
}

Deno.test("Process.exitCode is what Deno.exit() was given, 0 without it, and Deno.exitCode's", async () => {
  const codes: [target: () => unknown, code: number][] = [
    [() => {}, 0],
    [() => Promise.resolve("a result that nobody gets"), 0],
    [() => Deno.exit(), 0],
    [() => Deno.exit(8), 8],
    [() => void (Deno.exitCode = 9), 9],
    [() => void setTimeout(() => Deno.exit(10), 5), 10],
  ];
  for (const [target, code] of codes) assertEquals(await ended(new Process({ target })), code);
});

Deno.test("Process.exitCode is the negative number of the signal that ended it", async () => {
  for (const [signal, code] of [["SIGKILL", -9], ["SIGTERM", -15], ["SIGINT", -2], ["SIGHUP", -1]] as const) {
    const queue = new Queue<string>();
    const process = new Process({
      target: async (queue: Queue<string>) => {
        await queue.put("running");
        await new Promise(() => {});
      },
      args: [queue],
    });
    process.start();
    await queue.get();
    Deno.kill(process.pid!, signal);
    await process.join();
    assertEquals(process.exitCode, code);
  }
});

const UNCAUGHT: Record<string, () => unknown> = {
  "an error that its target throws": () => {
    throw new RangeError("told apart", { cause: new Error("the cause of it") });
  },
  "a rejection of its target": () =>
    Promise.reject(new RangeError("told apart", { cause: new Error("the cause of it") })),
  "an unhandled rejection": () => {
    Promise.reject(new RangeError("told apart", { cause: new Error("the cause of it") }));
    return new Promise(() => {});
  },
  "an error in a timer": () => {
    setTimeout(() => {
      throw new RangeError("told apart", { cause: new Error("the cause of it") });
    });
  },
};

const CASES: Record<string, Case> = {
  ...Object.fromEntries(
    Object.entries(UNCAUGHT).map(([what, target]): [string, Case] => [
      `Process prints ${what} with its stack on stderr, whole, and exits with 1`,
      {
        target,
        check: ({ exitCode, stdout, stderr }) => {
          assertEquals([exitCode, stdout], [1, ""]);
          assertStringIncludes(stderr, "RangeError: told apart");
          assertStringIncludes(stderr, "task-source:");
          assertStringIncludes(stderr, "Caused by: Error: the cause of it");
        },
      },
    ]),
  ),
  "Process prints what else is thrown, and exits with 1": {
    target: () => {
      throw { some: "object" };
    },
    check: ({ exitCode, stderr }) => {
      assertEquals(exitCode, 1);
      assertStringIncludes(stderr, "some");
    },
  },
  "Process prints nothing when its target looks for what is not there and goes on": {
    target: () => (globalThis as unknown as () => void)["call"],
    check: ({ exitCode, stderr }) => assertEquals([exitCode, stderr], [0, ""]),
  },
  "Process explains a ReferenceError of a target that was sent as text": {
    target: "function reader() { return outside; }",
    check: ({ stderr }) =>
      assertStringIncludes(stderr, "outside is not defined (reader is not an export of the process's module"),
  },
  "Process prints an error of its module and exits with 1": {
    target: () => {},
    options: `module: ${JSON.stringify(import.meta.resolve("../fixtures/tasks/throw_on_load.ts"))}`,
    check: ({ exitCode, stderr }) => {
      assertEquals(exitCode, 1);
      assertStringIncludes(stderr, "error: Uncaught");
    },
  },
  "Process ends when it takes more memory than it may, and stderr says so": {
    target: async () => {
      const held: Uint8Array[] = [];
      while (true) {
        held.push(new Uint8Array(8 * 1024 * 1024).fill(1));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    options: 'memoryLimitMiB: 64, name: "grower"',
    check: ({ exitCode, stderr }) => {
      assertEquals(exitCode, -9);
      assertStringIncludes(stderr, "grower: Worker ");
      assertStringIncludes(stderr, "that memoryLimitMiB allows it");
    },
  },
  "Process is killed when it breaks the protocol, and stderr says so": {
    target: async (...args: unknown[]) => {
      // What only the library itself asks: an operation that a queue does not have.
      const [queue] = args as [Record<symbol, { call(name: string, args: unknown[]): Promise<unknown> }>];
      const [symbol] = Object.getOwnPropertySymbols(queue);
      await queue[symbol!]!.call("no such operation", []);
    },
    options: 'args: [new corral.Queue()], name: "breaker"',
    check: ({ exitCode, stderr }) => {
      assertEquals(exitCode, -9);
      assertStringIncludes(stderr, "breaker: Worker ");
      assertStringIncludes(stderr, "it broke the protocol");
    },
  },
  "Process keeps the order of stderr, also with what Deno itself prints there": {
    target: () => {
      for (let i = 0; i < 200; i++) {
        if (i % 2) console.error(`line ${i}`);
        else Deno.stderr.writeSync(new TextEncoder().encode(`line ${i}\n`));
      }
      throw new Error("the last");
    },
    check: ({ stderr }) => {
      const lines = stderr.split("\n");
      assertEquals(lines.slice(0, 200), Array.from({ length: 200 }, (_, i) => `line ${i}`));
      assertStringIncludes(lines[200]!, "the last");
    },
  },
  "Process ends when its timers and promises are done, and runs its unload listeners": {
    target: () => {
      addEventListener("unload", () => console.log("unload"));
      setTimeout(async () => {
        console.log("timer");
        await new Promise((resolve) => setTimeout(resolve, 20));
        console.log("promise");
      }, 20);
      console.log("target");
    },
    check: ({ exitCode, stdout, stderr }) =>
      assertEquals([exitCode, stdout, stderr], [0, "target\ntimer\npromise\nunload\n", ""]),
  },
  "Process runs unload listeners when it calls Deno.exit()": {
    target: () => {
      addEventListener("unload", () => console.log("unload"));
      Deno.exit(5);
    },
    check: ({ exitCode, stdout }) => assertEquals([exitCode, stdout], [5, "unload\n"]),
  },
};

Deno.test("Process ends with the code that its end calls for, and its program prints what it printed", async (t) => {
  const endings = await runCases(Object.values(CASES));
  for (const [index, [name, { check }]] of Object.entries(CASES).entries()) {
    await t.step(name, () => check(endings[index]!));
  }
});

Deno.test("Process.join() resolves when all that was printed is on the program's stdout", async () => {
  const { code, stdout } = await runProgram(`
    const process = new corral.Process({
      target: () => {
        for (let i = 0; i < 20_000; i++) console.log("a line of output, number", i);
        Deno.stdout.writeSync(new TextEncoder().encode("no newline"));
        Deno.exit(2);
      },
    });
    process.start();
    await process.join();
    console.log("|joined", process.exitCode);`);
  const lines = stdout.split("\n");
  assertEquals([code, lines.length, lines[20_000]], [0, 20_002, "no newline|joined 2"]);
  assertEquals(lines[19_999], "a line of output, number 19999");
});

Deno.test("Process goes on while it waits for what its parent has yet to say", async () => {
  const queue = new Queue<string>();
  const process = new Process({
    target: (queue: Queue<string>) => {
      // Not awaited.
      queue.get().then((text) => queue.put(text.toUpperCase()));
    },
    args: [queue],
  });
  process.start();
  assertEquals(await process.join(150), false);
  await queue.put("late");
  await process.join();
  assertEquals([process.exitCode, await queue.getNowait()], [0, "LATE"]);
});

Deno.test("A program goes on until a process that is not a daemon has ended", async () => {
  const { code, stdout } = await runProgram(`
    new corral.Process({ target: () => void setTimeout(() => console.log("child is done"), 100) }).start();
    addEventListener("unload", () => console.log("program ends"));
    console.log("program is done");`);
  assertEquals([code, stdout], [0, "program is done\nchild is done\nprogram ends\n"]);
});

Deno.test("A program does not wait for a daemon, but does while it joins one or waits for its messages", async () => {
  const { code, stdout, stderr } = await runProgram(`
    const daemon = (target, ...args) => {
      const process = new corral.Process({ target, args, daemon: true });
      process.start();
      return process;
    };
    const joined = daemon(() => void setTimeout(() => console.log("joined"), 50));
    await joined.join();
    const queue = new corral.Queue();
    const sender = daemon(async (queue) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      await queue.put("message");
      setInterval(() => {}, 9999);
    }, queue);
    console.log(await queue.get());
    daemon(() => { while (true); });
    console.log(await sender.join(20));`);
  assertEquals([code, stdout, stderr], [0, "joined\nmessage\nfalse\n", ""]);
});

Deno.test("Ctrl-C reaches the program alone, which can then wait for its processes", async () => {
  await using program = new RunningProgram(
    `Deno.addSignalListener("SIGINT", () => console.log("interrupted"));
    const queue = new corral.Queue();
    const process = new corral.Process({
      target: async (queue) => { console.log("started"); await queue.get(); console.log("finished"); },
      args: [queue],
    });
    process.start();
    await Deno.stdin.read(new Uint8Array(1));
    await queue.put("go on");
    await process.join();
    Deno.exit(130 + process.exitCode);`,
    { detached: true, stdin: "piped" },
  );
  assertEquals(await program.line(), "started");
  Deno.kill(-program.pid, "SIGINT");
  assertEquals(await program.line(), "interrupted");
  await program.send("\n");
  assertEquals(await program.line(), "finished");
  assertEquals((await program.child.status).code, 130);
});

Deno.test("what a process was to get comes back when it is killed before it could get it", async () => {
  const [ours, theirs] = Pipe<number>();
  const process = new Process({ target: (connection: Connection<number>) => connection.send(1), args: [theirs] });
  process.start();
  theirs.close();
  process.kill();
  await process.join();
  assertEquals(process.exitCode, -9);
  // Either it never got its end, or that ended with it.
  await assertRejects(() => ours.recv(), EndOfStreamError);
  ours.close();
});
