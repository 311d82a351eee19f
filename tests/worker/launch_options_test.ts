/** Unit tests of the options that pools and processes share: the same rules, and the same words. */
import { assertEquals, assertThrows } from "@std/assert";
import { Pool, Process, ProcessPoolExecutor } from "../../mod.ts";

const OWNERS: [string, string, (options: Record<string, unknown>) => unknown][] = [
  ["Pool", "make a pool", (options) => new Pool(options)],
  ["ProcessPoolExecutor", "make an executor", (options) => new ProcessPoolExecutor(options)],
  ["Process", "make a process", (options) => new Process(options)],
];

const WRONG: [Record<string, unknown>, typeof TypeError | typeof RangeError, string][] = [
  [{ memoryLimitMiB: "64" }, TypeError, '"memoryLimitMiB" is "64", a number of MiB is wanted'],
  [{ memoryLimitMiB: 15 }, RangeError, '"memoryLimitMiB" is 15, a whole number of at least 16 is wanted'],
  [{ memoryLimitMiB: 16.5 }, RangeError, '"memoryLimitMiB" is 16.5, a whole number of at least 16 is wanted'],
  [{ memoryLimitMiB: NaN }, RangeError, '"memoryLimitMiB" is NaN, a whole number of at least 16 is wanted'],
  [{ trust: "full" }, TypeError, '"trust" is "full", one of "trusted", "untrusted" is wanted'],
  [{ cwd: "" }, TypeError, '"cwd" is "", a path or a file: URL is wanted'],
  [{ cwd: new URL("http://x.org") }, TypeError, '"cwd" is http://x.org/, a path or a file: URL is wanted'],
  [{ env: ["A"] }, TypeError, '"env" is an array, an object of strings is wanted'],
  [{ env: "A=1" }, TypeError, '"env" is "A=1", an object of strings is wanted'],
  [{ env: { A: 1 } }, TypeError, 'variable "A" in "env" is number, a string without NUL is wanted'],
  [{ env: { A: "\0" } }, TypeError, 'variable "A" in "env" is string, a string without NUL is wanted'],
  [{ env: { "": "1" } }, TypeError, 'variable "" in "env" is not a usable name'],
  [{ env: { "A,B": "1" } }, TypeError, 'variable "A,B" in "env" is not a usable name'],
  [{ env: { "A*": "1" } }, TypeError, 'variable "A*" in "env" is not a usable name'],
  [{ env: { "A=B": "1" } }, TypeError, 'variable "A=B" in "env" is not a usable name'],
  [
    { env: { DENO_PERMISSION_BROKER_PATH: "/x" } },
    TypeError,
    'variable "DENO_PERMISSION_BROKER_PATH" in "env" is refused, under a permission broker Deno ignores what a worker was granted',
  ],
  [{ denoPath: "" }, TypeError, '"denoPath" is "", the path of a Deno executable is wanted'],
  [{ killGraceMs: -1 }, RangeError, '"killGraceMs" is -1, milliseconds of at least 0 are wanted'],
  [{ killGraceMs: "1" }, RangeError, '"killGraceMs" is "1", milliseconds of at least 0 are wanted'],
  [{ maxFrameBytes: 1024 }, RangeError, '"maxFrameBytes" is 1024, a whole number from 8192 to 2147483648 is wanted'],
];

for (const [what, action, make] of OWNERS) {
  Deno.test(`${what} refuses wrong launch options in the same words`, () => {
    for (const [options, type, detail] of WRONG) {
      const error = assertThrows(() => make(options), type);
      assertEquals(error.message, `Cannot ${action}: ${detail}`);
    }
  });
}
