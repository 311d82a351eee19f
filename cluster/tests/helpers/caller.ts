/** Calls on a backend itself, without a pool: a test sees every step of a task. */
import { encode, type TaskBackend, type TaskHandle } from "../../src/corral.ts";
import { Cluster, type ClusterOptions } from "../../mod.ts";
import { TASKS } from "./task_module.ts";
import { SECRET } from "./secret.ts";

/** What a call may have. */
export interface CallOptions {
  retries?: number;
  timeoutMs?: number;
  priority?: number;
  runId?: string;
  trace?: string;
  onSpan?: (report: { readonly name: string }) => void;
  onDuration?: (durationMs: number | undefined) => void;
  onProgress?: (value: unknown) => void;
}

/** A call that was made. */
export interface Call {
  readonly handle: TaskHandle;
  readonly result: Promise<unknown>;
  /** What was told of it, in order. */
  readonly steps: string[];
  /** Resolves when a step is told, or was told before. */
  reached(step: "sent" | "begun" | "begun again"): Promise<void>;
}

/** A client with one backend, in this program. */
export class Caller implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly backend: TaskBackend;
  /** When the connection came and went. */
  readonly connections: boolean[] = [];
  /** Calls that were settled more than once. */
  readonly settledTwice: string[] = [];

  constructor(serverUrl: string, options: Partial<ClusterOptions> & { module?: string } = {}) {
    const { module = TASKS, ...others } = options;
    this.cluster = new Cluster({
      [serverUrl.startsWith("postgres:") ? "postgres" : "redis"]: serverUrl,
      secret: SECRET,
      agentTimeoutMs: 60_000,
      ...others,
    });
    const workers = new Proxy({}, {
      get: (_, name) => name === "connection" ? (up: boolean) => this.connections.push(up) : () => {},
    });
    this.backend = this.cluster.connect({
      name: "pool",
      moduleUrl: module || undefined,
      maxFrameBytes: 2 ** 28,
      workers: workers as never,
      options: {},
    });
  }

  /** Makes a call of an export. */
  start(name: string, args: readonly unknown[], options: CallOptions = {}): Call {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const steps: string[] = [];
    const reached = {
      sent: Promise.withResolvers<void>(),
      begun: Promise.withResolvers<void>(),
      "begun again": Promise.withResolvers<void>(),
    };
    const payload = encode(args);
    let settled = 0;
    const settle = (step: string, tell: () => void): void => {
      steps.push(step);
      if (++settled > 1) this.settledTwice.push(name);
      tell();
    };
    const handle = this.backend.submit({
      function: { kind: "export", name },
      payload,
      handles: [],
      chunk: undefined,
      byteLength: payload.text.length + payload.parts.reduce((sum, part) => sum + part.byteLength, 0),
      priority: options.priority ?? 0,
      key: undefined,
      timeoutMs: options.timeoutMs,
      retries: options.retries ?? 0,
      trace: options.trace,
      ...(options.runId !== undefined && { runId: options.runId }),
    }, {
      sent: () => {
        steps.push("sent");
        reached.sent.resolve();
      },
      begun: () => {
        if (steps.includes("begun")) reached["begun again"].resolve();
        steps.push("begun");
        reached.begun.resolve();
      },
      returned: () => steps.push("returned"),
      retried: () => steps.push("retried"),
      progress: (value) => options.onProgress?.(value),
      span: (report) => options.onSpan?.(report),
      resolve: (value, durationMs) => {
        options.onDuration?.(durationMs);
        settle("resolved", () => resolve(value));
      },
      reject: (error, kind) => settle(`rejected: ${kind}`, () => reject(error)),
    });
    promise.catch(() => {});
    return { handle, result: promise, steps, reached: (step) => reached[step].promise };
  }

  /** Makes a call and waits for it. */
  call(name: string, args: readonly unknown[], options?: CallOptions): Promise<unknown> {
    return this.start(name, args, options).result;
  }

  /** What a call rejects with. */
  async error(name: string, args: readonly unknown[], options?: CallOptions): Promise<Error & Record<string, unknown>> {
    try {
      await this.call(name, args, options);
    } catch (error) {
      return error as Error & Record<string, unknown>;
    }
    throw new Error(`${name} gave a value, an error was expected`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.backend.terminate(() => new Error("the test has ended"), "kill");
    await this.backend.ended;
    await this.cluster[Symbol.asyncDispose]();
  }
}
