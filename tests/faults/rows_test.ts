/** End-to-end: everything that can go wrong, one after the other, in a program that must end by itself; with the library from a file, and over HTTP. */
import { assertEquals } from "@std/assert";
import { LIBRARY } from "../helpers/programs/packages.ts";
import { childrenOf, until } from "../helpers/programs/processes.ts";
import { withLibrary } from "../helpers/servers/source_server.ts";

const FULL_HEAP = "9: a task fills the heap";
const EXPECTED: Record<string, unknown> = {
  "1: an idle worker is killed": "gave 3",
  "2: a worker is killed in mid-task": ["WorkerExitError SIGKILL true", [2, 4, 6, 8]],
  "3: a worker is killed in mid-task, and the task has retries": "gave 3",
  "5: all workers are killed under load": true,
  "7: a task exits with 0": "WorkerExitError 0 true",
  "10: a task grows beside the heap": "OutOfMemoryError SIGKILL true",
  "11: many tasks leak": 60,
  "13: a task loops beyond its time": "TaskTimeoutError",
  "14: a task waits for ever": "TaskTimeoutError",
  "15: a task reacts neither to its signal nor to SIGTERM": "TaskTimeoutError",
  "23: a worker writes random bytes, and half a message": 'gave "output is not parsed"',
  "25: a task floods both streams": 'gave "whole"',
  "26: arguments and results above the limit": ["PayloadTooLargeError", "PayloadTooLargeError"],
  "H9: a value names prototypes": [["__proto__", "constructor"], false],
  "H13: an error with a long message": true,
  "H19, H21: a task imports from elsewhere, and reads the environment": [
    'gave "TypeError"',
    "NotCapable",
    "NotCapable",
  ],
  "H21, H28: a task with all of /proc reads its program's variables, memory and descriptors": ["NotCapable"],
  "H28: a task kills its parent, and itself": ["NotCapable", "WorkerExitError SIGKILL true"],
  "17: terminate() with a full queue and stuck workers": ["CancelledError"],
  "18: close() races apply()": [true, "PoolClosedError"],
  "6: workers that cannot start": ["TypeError"],
};

/** Where the library was loaded from has a part in how workers start and what they may reach, and none in how much they use, print or send. */
const SAME_FROM_ANYWHERE = [
  FULL_HEAP,
  "10: a task grows beside the heap",
  "11: many tasks leak",
  "14: a task waits for ever",
  "15: a task reacts neither to its signal nor to SIGTERM",
  "25: a task floods both streams",
  "26: arguments and results above the limit",
  "H9: a value names prototypes",
  "H13: an error with a long message",
];

/** How each row ended, but for some. */
async function outcomesWith(
  library: string,
  flags: string[],
  leftOut: readonly string[] = [],
): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-run",
      "--allow-read",
      ...flags,
      import.meta.resolve("../fixtures/shared/fault_rows.ts"),
      library,
      ...leftOut,
    ],
  }).output();
  const text = new TextDecoder();
  assertEquals(code, 0, text.decode(stderr));
  return JSON.parse(text.decode(stdout));
}

Deno.test({
  name: "what goes wrong costs its own call and nothing else, and the program ends by itself",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const { [FULL_HEAP]: heap, ...outcomes } = await outcomesWith(LIBRARY, []);
    // The words of the end by memory differ: the heap may be full before the watch looks, and the other way round.
    assertEquals(`${heap}`.split(" ")[0], "OutOfMemoryError");
    assertEquals(outcomes, EXPECTED);
    await until(async () => (await childrenOf(Deno.pid)).length === 0, 20_000);
    assertEquals(await childrenOf(Deno.pid), []);
  },
});

Deno.test({
  name: "the same holds when the library was loaded over HTTP, where that has a part in it",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withLibrary(async (library) => {
      const flags = ["--no-config", "--no-lock", `--allow-import=${new URL(library).host}`];
      const outcomes = await outcomesWith(library, flags, SAME_FROM_ANYWHERE);
      const expected = Object.entries(EXPECTED).filter(([name]) => !SAME_FROM_ANYWHERE.includes(name));
      assertEquals(outcomes, Object.fromEntries(expected));
    }),
});
