import { ProtocolError } from "../../errors.ts";

/** A process on the way to others: those behind it, by the next part of their way. */
interface Place {
  /** Whether it has asked itself. */
  asked: boolean;
  readonly behind: Map<string, Place>;
}

/**
 * The processes behind a peer in whose name it has asked something: of no other need anything be told that it has ended.
 *
 * To look one up takes as long as its way is, however many there are: a peer may report ends by the thousand.
 */
export class ProcessesBehind {
  readonly #most: number;
  readonly #root: Place = { asked: false, behind: new Map() };
  #size = 0;

  /** @param most How many there may be that have not ended. */
  constructor(most: number) {
    this.#most = most;
  }

  /** One has asked; "" is the peer itself. Throws ProtocolError if it is one too many. */
  add(path: string): void {
    if (path === "") return;
    let place = this.#root;
    for (const part of path.split("/")) {
      let next = place.behind.get(part);
      if (next === undefined) {
        // Those on the way count as well: each takes memory.
        if (++this.#size > this.#most) throw new ProtocolError(`it asked for more than ${this.#most} processes`);
        place.behind.set(part, next = { asked: false, behind: new Map() });
      }
      place = next;
    }
    place.asked = true;
  }

  /** One has ended, and all behind it. Returns whether it, or one of those, has asked. */
  remove(path: string): boolean {
    const parts = path.split("/");
    const last = parts.pop()!;
    let place: Place | undefined = this.#root;
    const way: [Place, string][] = [];
    for (const part of parts) {
      way.push([place, part]);
      place = place.behind.get(part);
      if (place === undefined) return false;
    }
    const ended = place.behind.get(last);
    if (ended === undefined) return false;
    place.behind.delete(last);
    this.#size -= sizeOf(ended);
    // Who has not asked is known only for those behind it.
    for (let step; (step = way.pop()) !== undefined;) {
      const [before, part] = step;
      const { asked, behind } = before.behind.get(part)!;
      if (asked || behind.size > 0) break;
      before.behind.delete(part);
      this.#size--;
    }
    return true;
  }
}

function sizeOf({ behind }: Place): number {
  let size = 1;
  for (const place of behind.values()) size += sizeOf(place);
  return size;
}
