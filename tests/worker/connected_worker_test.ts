/** End-to-end tests of one worker without a pool: what its owner is told, with a hub and a reaper of its own. */
import { assert, assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "@std/assert";
import { ProtocolError, WorkerStartError } from "../../src/errors.ts";
import { Hub } from "../../src/hub/hub.ts";
import { encode } from "../../src/wire/codec/codec.ts";
import type { ConnectedWorker } from "../../src/worker/connected_worker.ts";
import { type WorkerExit, workerExitError } from "../../src/worker/exit_error.ts";
import { WorkerLauncher } from "../../src/worker/launch.ts";
import { resolveLaunchOptions, type WorkerLaunchOptions } from "../../src/worker/launch_options.ts";
import { OptionChecks } from "../../src/option_checks.ts";
import { Reaper } from "../../src/worker/reaper.ts";
import { survivors } from "../helpers/programs/processes.ts";

/** Starts a worker, and notes what its owner is told until it has ended. */
class Owner {
  readonly told: string[] = [];
  readonly launcher: WorkerLauncher;
  readonly worker: ConnectedWorker;
  readonly exit: Promise<WorkerExit>;

  constructor(
    options: WorkerLaunchOptions = {},
    onMessage: (kind: string, worker: ConnectedWorker) => void = () => {},
  ) {
    const launch = resolveLaunchOptions(options, new OptionChecks("start"));
    this.launcher = new WorkerLauncher(launch, { hub: new Hub(), reaper: new Reaper() });
    const value = encode([]);
    const hello = this.launcher.hello(
      { workerId: 0, concurrency: 1, initializer: null },
      { value, handles: [] },
    );
    const { promise, resolve } = Promise.withResolvers<WorkerExit>();
    this.exit = promise;
    this.worker = this.launcher.start({
      name: "a worker",
      hello,
      passOutput: false,
      events: {
        message: (message) => {
          this.told.push(message[0]);
          onMessage(message[0], this.worker);
        },
        standby: () => {},
        readEnd: () => {},
        isAwaited: () => false,
        turns: () => false,
        output: (stream, bytes) => void this.told.push(`output ${stream} ${new TextDecoder().decode(bytes).trim()}`),
        disconnecting: () => this.told.push("disconnecting"),
        exited: (exit) => {
          this.told.push("exited");
          resolve(exit);
        },
      },
    });
    this.worker.sayHello();
  }

  async ended(): Promise<WorkerExit> {
    const exit = await this.exit;
    await this.launcher.release();
    assertEquals(await survivors([exit.pid], 10_000), []);
    return exit;
  }
}

const moduleOf = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;

Deno.test("ConnectedWorker tells its owner of a worker's life, in order", async () => {
  const owner = new Owner({ module: moduleOf("console.log('loaded')") }, (kind, worker) => {
    if (kind === "ready") worker.process.stop();
  });
  const { exitCode, signal, wasReady, violation } = await owner.ended();
  assertEquals({ exitCode, signal, wasReady, violation }, {
    exitCode: 0,
    signal: null,
    wasReady: true,
    violation: undefined,
  });
  assertEquals(owner.told, ["output 1 loaded", "ready", "disconnecting", "exited"]);
});

Deno.test("ConnectedWorker kills a worker whose message its owner cannot take", async () => {
  const owner = new Owner({}, () => {
    throw new ProtocolError("no");
  });
  const exit = await owner.ended();
  assertEquals([exit.signal, (exit.violation as Error).message], ["SIGKILL", "no"]);
  assertInstanceOf(workerExitError(exit, false), ProtocolError);
});

Deno.test("workerExitError() says what Deno says of a system that has no thread for it, not what it says of itself behind that", () => {
  const stderrTail =
    `\n${
      "=".repeat(60)
    }\nDeno could not start: unable to create worker threads.\n\nThis usually happens when running in a ` +
    `container with a low\nPID limit. Try increasing the limit (e.g. --pids-limit=40).\n\nPlatform: linux x86_64\nVersion: 2.9.6\nArgs: ["a"]\n`;
  const exit = { pid: 7, exitCode: 1, signal: null, stderrTail, wasReady: false, inFrame: false };
  const { message } = workerExitError({ ...exit, violation: undefined, exceededMemory: undefined }, false);
  assertStringIncludes(message, "ended with:\nDeno could not start: unable to create worker threads.\n");
  assert(message.endsWith("(e.g. --pids-limit=40)."), message);
});

Deno.test("workerExitError() says why, where Deno has a cause for what ended a worker", () => {
  const stderrTail =
    "error: Failed deserializing config file 'file:///deno.json'.\n\nCaused by:\n    Unterminated object on line 2\n\nmore\n";
  const exit = { pid: 7, exitCode: 1, signal: null, stderrTail, wasReady: false, inFrame: false };
  const { message } = workerExitError({ ...exit, violation: undefined, exceededMemory: undefined }, false);
  assert(message.endsWith("\n\nCaused by:\n    Unterminated object on line 2"), message);
});

Deno.test("ConnectedWorker ends a deaf worker with SIGKILL after the grace time", async () => {
  const loop = "Deno.addSignalListener('SIGTERM', () => {}); while (true);";
  const owner = new Owner({ module: moduleOf(`console.log('in it');${loop}`), killGraceMs: 50 });
  owner.worker.process.terminate();
  const exit = await owner.ended();
  assert(exit.signal === "SIGKILL" || exit.signal === "SIGTERM");
  assertEquals(exit.wasReady, false);
});

Deno.test("ConnectedWorker reports the module that fails, explained", async () => {
  const owner = new Owner({ module: moduleOf("await import('npm:none@1')") }, (_, worker) => worker.process.stop());
  await owner.ended();
  assertEquals(owner.told.filter((one) => one !== "disconnecting" && one !== "exited"), ["failed"]);
  const error = new TypeError('npm package not found in cache: "none", --cached-only is specified.');
  owner.worker.explain(error);
  assertEquals(error.message.startsWith('npm package not found in cache: "none"; workers download nothing'), true);
});

Deno.test("WorkerLauncher.start() throws a WorkerStartError that says what cannot start", () => {
  assertThrows(
    () => new Owner({ denoPath: "/no/such/deno" }),
    WorkerStartError,
    'Cannot start a worker: there is no "/no/such/deno"',
  );
});
