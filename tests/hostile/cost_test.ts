/**
 * End-to-end tests of what a worker's messages may cost: programs with a heap of 128 MiB and two workers, one of which attacks on the
 * worker's own protocol while the other works. How long the program's timers wait is printed by the fixture, for people.
 */
import { oftenKinds, onceKinds } from "../fixtures/attacks/costly_messages.ts";
import { livesThrough } from "../helpers/pools/attacks.ts";

Deno.test("a program lives through one costly message after the other that it refuses", (t) =>
  livesThrough(t, "costly_messages", [
    ...onceKinds.map((kind) => ({
      name: `a program refuses ${kind} from a worker, and lives`,
      attack: ["attackOnce", kind] as const,
      outcome: /^ProtocolError: Worker \d+ was killed: it broke the protocol, Cannot (receive|read)/,
    })),
    {
      name: "a program refuses frames of more parts than there may be",
      attack: ["attackByParts", 32 * 1024 + 1, 1],
      outcome: /more than 32768 parts/,
    },
    {
      name: "a program refuses a chunk's answer with more errors than items",
      attack: ["answerWithErrors"],
      outcome: /a chunk's answer does not fit the chunk/,
    },
  ]));

const SMALL = [
  '["progress",$ID,0,1]',
  '["progress",$ID,1,{"$":"url","v":"a:"}]',
  '["output",1,$ID,"x"]',
  '["standby"]',
];

Deno.test("a program lives through one kind of costly messages after the other that it takes", (t) =>
  livesThrough(t, "costly_messages", [
    ...oftenKinds.map((kind) => ({
      name: `a program lives when a worker sends one large message after another, of ${kind}`,
      attack: ["attackOften", kind, 20] as const,
      outcome: /^done$/,
    })),
    {
      name: "a program lives when a worker sends frames of as many parts as there may be",
      attack: ["attackByParts", 32 * 1024, 20],
      outcome: /^done$/,
    },
    ...SMALL.map((message) => ({
      name: `a program lives when a worker floods it with ${message}`,
      attack: ["attackBySmall", message, 100_000] as const,
      outcome: /^done$/,
    })),
  ]));
