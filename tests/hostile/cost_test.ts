/**
 * End-to-end tests of what a worker's messages may cost: programs with a heap of 128 MiB and two workers, one of which attacks on the
 * worker's own protocol while the other works. How long the program's timers wait is printed by the fixture, for people.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { oftenKinds, onceKinds } from "../fixtures/attacks/costly_messages.ts";
import { underAttack } from "../helpers/pools/attacks.ts";

for (const kind of onceKinds) {
  Deno.test(`a program refuses ${kind} from a worker, and lives`, async () => {
    const { outcome } = await underAttack("costly_messages", "attackOnce", kind);
    assertMatch(outcome, /^ProtocolError: Worker \d+ was killed: it broke the protocol, Cannot (receive|read)/);
  });
}

for (const kind of oftenKinds) {
  Deno.test(`a program lives when a worker sends one large message after another, of ${kind}`, async () => {
    const { outcome } = await underAttack("costly_messages", "attackOften", kind, 20);
    assertEquals(outcome, "done");
  });
}

Deno.test("a program lives when a worker sends frames of as many parts as there may be", async () => {
  assertEquals((await underAttack("costly_messages", "attackByParts", 32 * 1024, 20)).outcome, "done");
  assertMatch(
    (await underAttack("costly_messages", "attackByParts", 32 * 1024 + 1, 1)).outcome,
    /more than 32768 parts/,
  );
});

const SMALL: [message: string, outcome: RegExp][] = [
  ['["progress",$ID,0,1]', /^done$/],
  ['["progress",$ID,1,{"$":"url","v":"a:"}]', /^done$/],
  ['["output",1,$ID,"x"]', /^done$/],
  ['["standby"]', /^done$/],
];

for (const [message, expected] of SMALL) {
  Deno.test(`a program lives when a worker floods it with ${message}`, async () => {
    assertMatch((await underAttack("costly_messages", "attackBySmall", message, 100_000)).outcome, expected);
  });
}

Deno.test("a program refuses a chunk's answer with more errors than items", async () => {
  const { outcome } = await underAttack("costly_messages", "answerWithErrors");
  assertMatch(outcome, /a chunk's answer does not fit the chunk/);
});
