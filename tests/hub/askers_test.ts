/** Unit tests of how those that ask one peer share what it takes, and of turns between them. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { PeerLimits } from "../../src/hub/limits.ts";
import { type Asker, askerOf, Askers, FairQueue } from "../../src/hub/requests/askers.ts";

const CHILD: PeerLimits = { requests: 64, requestBytes: 6400, unreadBytes: 1000 };
const PARENT: PeerLimits = { ...CHILD, isParent: true };

function askersOf(limits: PeerLimits): Askers {
  return new Askers(limits, () => {});
}

/** Sends requests of one asker until there is no room. Returns how many left. */
function fill(askers: Askers, asker: Asker, bytes = 1): number {
  let sent = 0;
  for (; askers.hasRoom(asker); sent++) askers.opened(asker, bytes);
  return sent;
}

function hold(askers: Askers, asker: Asker, id: number): void {
  asker.held.push({ id, head: "", args: undefined as never });
  askers.holds(asker);
}

Deno.test("askerOf() is the first process on a way", () => {
  assertEquals(["", "3", "3/1", "3/1/7"].map(askerOf), ["", "3", "3", "3"]);
});

Deno.test("Askers lets each ask a child for as much as it takes, whatever others have open", () => {
  const askers = askersOf(CHILD);
  for (const process of ["", "1", "2/4", "3"]) assertEquals(fill(askers, askers.of(process)), CHILD.requests);
  // Those behind one peer are one asker.
  assertEquals(askers.hasRoom(askers.of("2/5")), false);
});

Deno.test("Askers keeps room at the parent for its own code and for others, however many ask for all they can", () => {
  const askers = askersOf(PARENT);
  const first = fill(askers, askers.of("1"));
  assert(first >= 1 && first <= CHILD.requests / 8 + 1, `${first}`);
  let forwarded = first;
  for (let n = 2; n < 100; n++) forwarded += fill(askers, askers.of(`${n}`));
  assert(forwarded <= CHILD.requests / 2, `${forwarded} were forwarded`);
  assertEquals(fill(askers, askers.own), CHILD.requests - forwarded);
});

Deno.test("Askers gives its own code all that the parent takes, when nobody else asks", () => {
  const askers = askersOf(PARENT);
  assertEquals(fill(askers, askers.own), CHILD.requests);
  const bytes = askersOf(PARENT);
  assertEquals(fill(bytes, bytes.own, 1000), 7);
});

Deno.test("Askers counts bytes as it counts requests", () => {
  const askers = askersOf(CHILD);
  assertEquals(fill(askers, askers.of("1"), 640), 10);
  assert(askers.hasRoom(askers.of("2")));
  const shared = askersOf(PARENT);
  assertEquals(fill(shared, shared.of("1"), 640), 1);
  assert(shared.hasRoom(shared.of("2")));
});

Deno.test("Askers.next() gives turns to those that hold something and have room", () => {
  const askers = askersOf(CHILD);
  const [a, b, c] = ["1", "2", "3"].map((name) => askers.of(name)) as [Asker, Asker, Asker];
  fill(askers, c);
  for (const asker of [a, b, c]) for (let id = 0; id < 3; id++) hold(askers, asker, id);
  assert(askers.mustHold(a));
  const turns: string[] = [];
  for (let asker; (asker = askers.next()) !== undefined;) {
    turns.push(asker.name);
    asker.held.shift();
  }
  assertEquals(turns, ["1", "2", "1", "2", "1", "2"]);
  askers.closed(c, 1);
  assertEquals(askers.next(), c);
  askers.clear();
  assertEquals(askers.next(), undefined);
});

Deno.test("Askers forgets those that ask nothing any more, and no others", () => {
  const askers = askersOf(CHILD);
  const asker = askers.of("1");
  askers.opened(asker, 5);
  hold(askers, asker, 1);
  askers.closed(asker, 5);
  assertEquals(askers.of("1"), asker);
  asker.held.shift();
  assertEquals(askers.next(), undefined);
  assert(askers.of("1") !== asker);
});

Deno.test("FairQueue keeps each one's order, and nobody waits for more than one thing of each other", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.boolean())), (steps) => {
    const queue = new FairQueue<[string, number]>();
    const waiting: [string, number][] = [];
    /** How often others were served since one's first thing became its first. */
    const passed = new Map<string, string[]>();
    const take = (): void => {
      const one = queue.shift();
      if (one === undefined) return assertEquals(waiting.length, 0);
      assertEquals(one, waiting.find(([whose]) => whose === one[0]));
      waiting.splice(waiting.indexOf(one), 1);
      passed.set(one[0], []);
      for (const whose of new Set(waiting.map(([whose]) => whose))) {
        if (whose === one[0]) continue;
        const by = passed.get(whose) ?? [];
        assert(!by.includes(one[0]), `${whose} waits for two things of ${one[0]}`);
        passed.set(whose, [...by, one[0]]);
      }
    };
    for (const [n, [whose, takes]] of steps.entries()) {
      const thing: [string, number] = [whose, n];
      queue.push(whose, thing);
      waiting.push(thing);
      if (takes) take();
      assertEquals(queue.size, waiting.length);
    }
    while (queue.size > 0) take();
    take();
  }));
});
