/** Unit tests of how long a command line may be, and one with the real limit of this system. */
import { assertEquals, assertThrows } from "@std/assert";
import { Pool } from "../../../mod.ts";
import { requireArgumentsFit } from "../../../src/worker/permissions/argument_limits.ts";

const LIMITS = { one: 100, all: 150 };
const LONG = "x".repeat(100);

Deno.test("requireArgumentsFit() names the option that is too long, and what to do", () => {
  const cases: [args: string[], env: Record<string, string>, message: string][] = [
    [
      [`--allow-read=/${LONG}`],
      {},
      '"permissions.read" makes 114 bytes of a command line, one option may make 100, name folders in place of the files in them',
    ],
    [
      [`--deny-net=${LONG}`],
      {},
      '"deny.net" makes 111 bytes of a command line, one option may make 100, name fewer, or all with true',
    ],
    [
      ["run"],
      { NAME: LONG },
      '"env.NAME" makes 105 bytes of a command line, one option may make 100, send it as an argument',
    ],
    [[`data:${LONG}`], {}, '"module" makes 105 bytes of a command line, one option may make 100, shorten it'],
    [
      ["x".repeat(80), `--allow-run=${"é".repeat(40)}`],
      {},
      '"permissions.run" makes 92 bytes of a command line, all together may make 150, name fewer, or all with true',
    ],
  ];
  for (const [args, env, message] of cases) {
    const error = assertThrows(() => requireArgumentsFit(args, env, LIMITS), RangeError);
    assertEquals(error.message, `Cannot start workers: ${message}`);
  }
  requireArgumentsFit(["x".repeat(100)], { A: "x".repeat(48) }, LIMITS);
});

Deno.test("new Pool() refuses a grant that is too long for a command line, and takes one that is not", () => {
  const paths = (count: number) => Array.from({ length: count }, (_, index) => `/srv/data/file-${index}.json`);
  assertThrows(() => new Pool({ permissions: { read: paths(60_000) } }), RangeError, '"permissions.read" makes ');
  void new Pool({ permissions: { read: paths(500) } });
});
