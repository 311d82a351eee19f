// Unit.
import { assert, assertEquals } from "@std/assert";
import { OutputRouter } from "../../src/child/streams/output_router.ts";

interface Sent {
  readonly message: unknown;
  readonly parts: readonly Uint8Array[];
}

function makeRouter(writeStderr: (bytes: Uint8Array) => number = (bytes) => bytes.length) {
  const sent: Sent[] = [];
  const router = new OutputRouter({
    send: (text, parts = []) => void sent.push({ message: JSON.parse(text), parts: parts.map((part) => part.slice()) }),
    writeStderr,
    currentTask: () => 7,
  });
  return { router, sent };
}

Deno.test("OutputRouter.print() sends lines as text, and names the task", () => {
  const { router, sent } = makeRouter();
  router.print(1, 'a "line"\n');
  router.print(2, "another\n");
  assertEquals(sent.map(({ message }) => message), [["output", 1, 7, 'a "line"\n'], ["output", 2, 7, "another\n"]]);
});

Deno.test("OutputRouter.print() sends bytes, and text that may be too long as JSON, in parts that fit", () => {
  const { router, sent } = makeRouter();
  router.limitTo(20);
  router.print(1, new Uint8Array(25).fill(1));
  assertEquals(sent.map(({ parts }) => parts.map((part) => part.length)), [[10], [10], [5]]);
  assertEquals(sent[0]!.message, ["output", 1, 7, null]);
  sent.length = 0;
  router.print(1, "éé");
  assertEquals(sent, [{ message: ["output", 1, 7, null], parts: [new TextEncoder().encode("éé")] }]);
  sent.length = 0;
  router.print(1, new Uint8Array(0));
  assertEquals(sent, []);
});

Deno.test("OutputRouter.print() leaves stderr to the process when it is told so, and stdout not", () => {
  const written: number[] = [];
  const { router, sent } = makeRouter((bytes) => {
    written.push(...bytes.subarray(0, 2));
    return Math.min(2, bytes.length);
  });
  router.leaveErrors();
  router.print(2, new Uint8Array([1, 2, 3]));
  assertEquals(written, [1, 2, 3]);
  assertEquals(sent, []);
  router.print(1, "out");
  assertEquals(sent.length, 1);
});

Deno.test("OutputRouter.printError() writes all to a full pipe that does not block", () => {
  let attempts = 0;
  let written = "";
  const { router } = makeRouter((bytes) => {
    if (attempts++ % 2 === 0) throw new Deno.errors.WouldBlock();
    written += new TextDecoder().decode(bytes.subarray(0, 3));
    return Math.min(bytes.length, 3);
  });
  router.printError("nothing is lost");
  assertEquals(written, "nothing is lost");
});

Deno.test("OutputRouter.printError() does nothing when nobody can read it", () => {
  let tries = 0;
  const { router } = makeRouter(() => {
    tries++;
    throw new Error("broken pipe");
  });
  router.printError("lost");
  assert(tries === 1);
});
