// Unit.
import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import type { LoadedModule } from "../../src/child/tasks/functions.ts";
import { ProcessLife } from "../../src/child/process_life.ts";
import { ownProcess } from "../../src/own_process.ts";
import { type ProcessSettings, PROTOCOL_VERSION } from "../../src/wire/protocol.ts";
import { VERSION } from "../../src/wire/version.ts";
import { MemoryParent, SETTINGS } from "../helpers/simulated/memory_parent.ts";

function makeLife(module: LoadedModule, settings: Partial<ProcessSettings>) {
  const parent = new MemoryParent(() => Promise.resolve(module));
  const process: ProcessSettings = {
    name: "Test-1",
    daemon: false,
    detached: false,
    path: [1],
    parentPid: 1,
    target: null,
    subclass: null,
    ...settings,
  };
  const hello = { protocol: PROTOCOL_VERSION, version: VERSION, settings: { ...SETTINGS, process } };
  const life = new ProcessLife(parent.surroundings, hello, process);
  return { parent, life };
}

Deno.test("ProcessLife.begin() runs the target with its arguments when it has said that it is ready", async () => {
  const calls: unknown[] = [];
  const { parent, life } = makeLife(
    { note: (...args: unknown[]) => void calls.push(...args, parent.streams.written.all().at(-1)) },
    { target: { kind: "export", name: "note" } },
  );
  await life.begin([[1, 2], {}]);
  assertEquals(calls, [1, 2, ["ready"]]);
  assertEquals(ownProcess().name, "Test-1");
  assertEquals(parent.exits, []);
});

Deno.test("ProcessLife.begin() runs the class with its fields", async () => {
  const seen: unknown[] = [];
  class Noter {
    declare n: number;
    run() {
      seen.push(this.n);
    }
  }
  const { life } = makeLife({ Noter }, { subclass: { name: "Noter", source: `${Noter}` } });
  await life.begin([[], { n: 5 }]);
  assertEquals(seen, [5]);
});

Deno.test("ProcessLife.begin() rejects with what the target throws, so that Deno prints it", async () => {
  const { life } = makeLife({
    fail: () => {
      throw new TypeError("as it is");
    },
  }, { target: { kind: "export", name: "fail" } });
  await assertRejects(() => life.begin([[], {}]), TypeError, "as it is");
});

Deno.test("ProcessLife.parentEnded() ends the process, unless it is detached: then it is told", async () => {
  const attached = makeLife({}, {});
  attached.life.parentEnded();
  assertEquals(attached.parent.exits, [0]);
  const detached = makeLife({}, { detached: true });
  await detached.life.begin([[], {}]);
  const { parent } = ownProcess();
  assert(parent!.isAlive());
  detached.parent.streams.broken = new Error("broken pipe");
  detached.life.parentEnded();
  await parent!.ended;
  assertFalse(parent!.isAlive());
  assertEquals(detached.parent.exits, []);
  detached.parent.link.send('["lost"]');
});
