/**
 * End-to-end test of what a worker can do much of in a short time: a program with a heap of 128 MiB and two workers, one of which floods while
 * the other works. What all of them cost is measured by `deno task attacks`; these are the ones that once cost more than they do now.
 */
import { livesThrough } from "../helpers/pools/attacks.ts";

/** Long enough for one round of each, which is what once was too much. */
const FOR_MS = 100;

const FLOODS: [way: "flood" | "sendOften" | "sendSmall", kind: string, outcome: RegExp][] = [
  ["flood", "waiting gets", /^done$/],
  ["flood", "aborted waits", /^done$/],
  ["flood", "empty gets", /^done$/],
  ["flood", "list searches", /^done$/],
  ["flood", "list sorts", /^done$/],
  ["flood", "list sorts of texts", /^done$/],
  ["flood", "list sorts of doubled items", /^done$/],
  ["flood", "list copies of texts", /^done$/],
  ["flood", "list copies of dates", /^done$/],
  ["flood", "dict copies", /^done$/],
  ["flood", "list without end", /^RangeError: Cannot store: .* a quarter of its heap/],
  ["flood", "list of texts without end", /^RangeError: Cannot store: /],
  ["flood", "many queues without end", /^QueueFullError: Cannot put: items that this process, .* MiB for all/],
  ["flood", "dict without end", /^RangeError: Cannot store: /],
  ["flood", "values of holes", /^done$/],
  ["flood", "calls with holes", /^done$/],
  ["flood", "list searches of doubled items", /^done$/],
  ["flood", "long bigints", /^done$/],
  ["flood", "items that go back", /^done$/],
  ["flood", "processes that end", /^done$/],
  ["flood", "large string", /^done$/],
  ["flood", "large errors", /^done$/],
  ["flood", "large regexps", /^done$/],
  ["flood", "bigints", /^done$/],
  ["flood", "text on stderr, byte by byte", /^done$/],
  ["sendSmall", "output", /^done/],
  ["flood", "calls with arguments that are not there", /ProtocolError: .* the arguments of a request are malformed/],
  ["sendOften", "emoji regexps", /ProtocolError: .* its regular expressions are too costly/],
  ["sendOften", "handles", /^done/],
  ["sendOften", "handles with long names", /ProtocolError: .* a handle is malformed/],
  ["sendOften", "handles of many origins", /^done|ProtocolError: .* handles of more than 100000 (objects|processes)/],
];

Deno.test("a program lives and works through one flood after the other", (t) =>
  livesThrough(
    t,
    "costly_floods",
    FLOODS.map(([way, kind, outcome]) => ({
      name: `a program lives and works while a worker floods it with ${kind}`,
      attack: [way, kind, FOR_MS],
      outcome,
    })),
  ));
