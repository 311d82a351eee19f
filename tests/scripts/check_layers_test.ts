// Unit tests with made-up trees, and one that reads a small tree from disk.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { findViolations, type Import, readTree, type Tree } from "../../scripts/check_layers.ts";
import { LAYERS, PACKAGES } from "../../scripts/layers.ts";

const to = (path: string, dynamic = false): Import => ({ specifier: `../${path}`, path, dynamic });
const tree = (files: Record<string, Import[]>): Tree => new Map(Object.entries(files));

Deno.test("findViolations() accepts imports that go downwards", () => {
  const good = tree({
    "errors.ts": [],
    "wire/codec.ts": [to("errors.ts")],
    "wire/channel.ts": [to("wire/codec.ts")],
    "worker/handle.ts": [to("wire/channel.ts"), to("child/mod.ts", true)],
    "pool/mod.ts": [to("worker/handle.ts"), to("errors.ts")],
  });
  assertEquals(findViolations(good), []);
});

Deno.test("findViolations() takes a sub-folder that has a line in the table for a layer of its own", () => {
  const good = tree({
    "pool/scheduling/scheduler.ts": [to("errors.ts"), to("collections/deque.ts"), to("pool/scheduling/slot.ts")],
    "pool/local/backend.ts": [to("pool/scheduling/scheduler.ts"), to("pool/types.ts"), to("worker/launch.ts")],
    "pool/pool.ts": [to("pool/local/backend.ts")],
    "hub/requests/answers.ts": [to("hub/hub.ts")],
  });
  assertEquals(findViolations(good), []);
  for (const path of ["pool/types.ts", "pool/local/backend.ts", "timer.ts", "wire/messages/lease.ts"]) {
    const bad = findViolations(tree({ "pool/scheduling/scheduler.ts": [to(path)] }));
    assertEquals(bad, [
      `pool/scheduling/scheduler.ts: imports "../${path}": pool/scheduling may import collections, deno_texts, errors`,
    ]);
  }
  assertEquals(findViolations(tree({ "worker/launch.ts": [to("pool/jobs/map_job.ts")] })).length, 1);
});

Deno.test("findViolations() lets the command import packages, and its own files by its own table", () => {
  const [, command] = PACKAGES;
  const good = tree({
    "options/parse.ts": [{ specifier: "@std/cli", dynamic: false }],
    "command/run.ts": [to("options/parse.ts")],
  });
  assertEquals(findViolations(good, command), []);
  const bad = tree({
    "options/parse.ts": [to("command/run.ts")],
    "input/csv.ts": [{ specifier: "../../src/pool/mod.ts", dynamic: false }],
  });
  assertEquals(findViolations(bad, command), [
    'options/parse.ts: imports "../command/run.ts": options may import runner, files, errors',
    'input/csv.ts: imports "../../src/pool/mod.ts": leads out of the source folder',
  ]);
});

Deno.test("findViolations() guards the order of sub-folders that share a line in the table", () => {
  const good = tree({
    "wire/framing/frame.ts": [to("wire/framing/part.ts"), to("wire/unsendable.ts"), to("errors.ts")],
    "wire/codec/codec.ts": [to("wire/framing/part.ts")],
    "wire/messages/call.ts": [to("wire/codec/codec.ts"), to("wire/heap.ts")],
    "wire/channel.ts": [to("wire/codec/codec.ts"), to("wire/messages/call.ts")],
    "hub/requests/answers.ts": [to("hub/hub.ts")],
  });
  assertEquals(findViolations(good), []);
  const bad = tree({
    "wire/framing/frame.ts": [to("wire/codec/codec.ts")],
    "wire/codec/codec.ts": [to("wire/channel.ts"), to("wire/messages/call.ts")],
  });
  assertEquals(findViolations(bad), [
    'wire/framing/frame.ts: imports "../wire/codec/codec.ts": of wire, wire/framing may import wire/unsendable',
    'wire/codec/codec.ts: imports "../wire/channel.ts": of wire, wire/codec may import wire/framing, wire/unsendable',
    'wire/codec/codec.ts: imports "../wire/messages/call.ts": of wire, wire/codec may import wire/framing, wire/unsendable',
  ]);
});

Deno.test("findViolations() keeps the engine of the cluster, and its servers, in one folder", () => {
  const cluster = PACKAGES[2]!;
  const queue = { specifier: "bullmq", dynamic: false };
  const good = tree({
    "bullmq/redis/client.ts": [queue, { specifier: "ioredis", dynamic: false }, to("bullmq/job.ts")],
    "client/pool.ts": [{ specifier: "node:buffer", dynamic: false }, to("bullmq/open.ts")],
  });
  assertEquals(findViolations(good, cluster), []);
  const bad = tree({
    "client/pool.ts": [queue],
    "bullmq/redis/client.ts": [to("bullmq/postgres/client.ts")],
  });
  assertEquals(findViolations(bad, cluster), [
    'client/pool.ts: imports "bullmq": only bullmq may import it',
    'bullmq/redis/client.ts: imports "../bullmq/postgres/client.ts": of bullmq, bullmq/redis may import bullmq/.',
  ]);
});

const BAD: [what: string, file: string, imported: Import, fault: string][] = [
  ["an upward import", "wire/codec.ts", to("pool/mod.ts"), "wire may import errors"],
  [
    "the child in the parent",
    "worker/handle.ts",
    to("child/main.ts"),
    `worker may import ${LAYERS.worker!.join(", ")}`,
  ],
  ["another import() of the child", "pool/mod.ts", to("child/main.ts", true), "pool may import"],
  ["a package", "pool/mod.ts", { specifier: "@std/async", dynamic: false }, "only its own files"],
  ["a Node built-in", "child/loop.ts", { specifier: "node:fs", dynamic: false }, "only its own files"],
  ["a file outside", "wire/codec.ts", { specifier: "../../deno.json", dynamic: false }, "leads out"],
  ["an unknown folder", "utils/misc.ts", to("errors.ts"), "not in the table"],
];

for (const [what, file, imported, fault] of BAD) {
  Deno.test(`findViolations() reports ${what}`, () => {
    const violations = findViolations(tree({ [file]: [imported] }));
    assertEquals(violations.length, 1);
    assertStringIncludes(violations[0]!, `${file}: imports "${imported.specifier}": `);
    assertStringIncludes(violations[0]!, fault);
  });
}

Deno.test("findViolations() reports an import cycle within a folder", () => {
  const cyclic = tree({ "wire/a.ts": [to("wire/b.ts")], "wire/b.ts": [to("wire/a.ts")] });
  assertEquals(findViolations(cyclic), ["wire/a.ts: import cycle: wire/a.ts → wire/b.ts → wire/a.ts"]);
});

Deno.test("readTree() finds imports, type imports and re-exports, and no text that looks like them", async () => {
  const folder = await Deno.makeTempDir({ prefix: "corral-layers-" });
  try {
    await Deno.mkdir(`${folder}/src/wire`, { recursive: true });
    await Deno.writeTextFile(`${folder}/src/errors.ts`, "export interface Details { pid: number }\n");
    await Deno.writeTextFile(
      `${folder}/src/wire/frame.ts`,
      '/** import "a" */\nimport type { Details } from "../errors.ts";\nexport * from "node:fs";\n' +
        'export const main = `import "b"`;\nexport const load = (): Promise<Details> => import("../errors.ts");\n',
    );
    const found = await readTree(new URL(`file://${folder}/src/`));
    assertEquals([...found.keys()].sort(), ["errors.ts", "wire/frame.ts"]);
    assertEquals(found.get("wire/frame.ts")?.map(({ specifier }) => specifier), ["../errors.ts", "node:fs"]);
    assertEquals(findViolations(found).length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
