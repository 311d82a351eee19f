// Contract. Every backend in this package, and a pool over each.
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { PayloadTooLargeError, PoolClosedError } from "../../src/errors.ts";
import type { BackendSettings, TaskBackendProvider, TaskRequest } from "../../src/pool/backend.ts";
import { makeLocalBackend } from "../../src/pool/make_local_backend.ts";
import * as tasks from "../fixtures/tasks/contract_tasks.ts";
import { FakeBackend } from "../helpers/simulated/fake_backend.ts";
import { backendContract } from "./backend_contract.ts";
import { poolContract } from "./pool_contract.ts";

const MODULE = import.meta.resolve("../fixtures/tasks/contract_tasks.ts");

const fakeProvider: TaskBackendProvider = {
  description: { name: "a fake", why: "it is all in memory" },
  takes: [],
  connect: (settings) => new FakeBackend(settings),
};

backendContract("LocalBackend", {
  open: () => Promise.resolve({ backend: makeLocalBackend({ workers: 2, module: MODULE, abortGraceMs: 50 }) }),
});

backendContract("LocalBackend with tasks side by side", {
  open: () => Promise.resolve({ backend: makeLocalBackend({ workers: 1, concurrency: 3, module: MODULE }) }),
});

backendContract("a fake backend", {
  open: () => Promise.resolve({ backend: new FakeBackend(deaf()) }),
  spec: (name) => ({ kind: "source", name, source: `${tasks[name as keyof typeof tasks]}` }),
});

poolContract("Pool over LocalBackend", { open: () => Promise.resolve({ options: { workers: 2 } }) });
poolContract("Pool over a fake backend", { open: () => Promise.resolve({ options: { backend: fakeProvider } }) });

Deno.test("makeLocalBackend() refuses a request that is too large to be sent, and goes on", async () => {
  const backend = makeLocalBackend({ workers: 1, module: MODULE, maxFrameBytes: 2 ** 16 });
  const submit = (name: string, text: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const nothing = (): void => {};
      const request: TaskRequest = {
        ...{ function: { kind: "builtin", name }, payload: { text, tagged: false, parts: [] }, handles: [] },
        ...{ byteLength: text.length, chunk: undefined, priority: 0, key: undefined, timeoutMs: undefined, retries: 0 },
        trace: undefined,
      };
      const told = { sent: nothing, begun: nothing, returned: nothing, retried: nothing, progress: nothing };
      const task = backend.submit(request, { ...told, resolve, reject });
      assertEquals(backend.hasBegun(task), false);
    });
  await assertRejects(() => submit("Math.sqrt", `["${"x".repeat(2 ** 16)}"]`), PayloadTooLargeError);
  assertEquals(await submit("Math.sqrt", "[16]"), 4);
  backend.close();
  await backend.ended;
});

Deno.test("makeLocalBackend() gives a backend whose ready() rejects when it has ended", async () => {
  const backend = makeLocalBackend({ workers: 1, module: MODULE });
  backend.close();
  await backend.ended;
  await assertRejects(() => backend.ready(), PoolClosedError);
});

Deno.test("makeLocalBackend() gives a control that keeps at least one worker, and refuses anything that is not a number", async () => {
  const backend = makeLocalBackend({ workers: 2, module: MODULE });
  const control = backend.control!;
  for (const [wanted, size] of [[0, 1], [Infinity, 2], [-3, 1], [2, 2]] as const) {
    control.resize(wanted);
    assertEquals(control.size, size);
  }
  for (const wanted of [NaN, undefined, "many"]) {
    assertThrows(() => control.resize(wanted as number), RangeError, "is not a number of workers");
  }
  assertEquals(control.size, 2);
  backend.close();
  await backend.ended;
});

function deaf(): BackendSettings {
  const nothing = (): void => {};
  const workers = {
    spawned: nothing,
    ready: nothing,
    busy: nothing,
    idle: nothing,
    ran: nothing,
    output: nothing,
    violation: nothing,
    ended: nothing,
  };
  return { name: "fake", moduleUrl: undefined, maxFrameBytes: 2 ** 20, workers, options: {} };
}
