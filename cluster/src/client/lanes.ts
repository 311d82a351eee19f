import type { KnownAgent } from "../broker.ts";
import type { WorkerInfo } from "../corral.ts";
import { MOST_LANES } from "../message/presence.ts";
import type { Entry } from "./entry.ts";

/** The lanes that agents have for one code: how many tasks run at once, as far as is known. */
export class Lanes {
  #agents: readonly KnownAgent[] = [];
  #count = 0;
  readonly #answers = new Map<string, number>();

  /** How many there are; 0 when that is not known yet. */
  get count(): number {
    return this.#count;
  }

  /** Takes over what is known of the group, as far as it fits a pool: agents are not signed, and anybody who can connect to the server can be a thousand of them. */
  update(agents: readonly KnownAgent[], code: string): void {
    this.#count = 0;
    this.#agents = agents.filter(({ modules, lanes }) => {
      const fits = modules.includes(code) && this.#count + lanes <= MOST_LANES;
      if (fits) this.#count += lanes;
      return fits;
    });
    // Agents come and go, each with a name of its own, for as long as a program lives.
    const known = new Set(agents.map(({ name }) => name));
    for (const name of this.#answers.keys()) if (!known.has(name)) this.#answers.delete(name);
  }

  /** Counts an answer of an agent. */
  answered(agent: string): void {
    this.#answers.set(agent, (this.#answers.get(agent) ?? 0) + 1);
  }

  /**
   * One entry for each lane. Which lane of its agent has a task is not known: the first are shown busy. Of a task that began a moment ago even the
   * agent is not known: any lane that is left is shown for it, so that as many are busy as tasks run. Agents of one name count as one: what they
   * tell of tasks bears no more than the name.
   */
  workers(entries: Iterable<Entry>): WorkerInfo[] {
    const busy = new Counts();
    for (const { state, agent } of entries) if (state === "begun") busy.add(agent, 1);
    const lanesOf = new Counts();
    for (const { name, lanes } of this.#agents) lanesOf.add(name, lanes);
    const seen = new Counts();
    let workerId = 0;
    return this.#agents.flatMap(({ name, pid, lanes }) =>
      Array.from({ length: lanes }, (): WorkerInfo => ({
        workerId: workerId++,
        pid,
        agent: name,
        state: busy.take(name) || busy.take("") ? "busy" : "idle",
        tasksDone: Math.floor(
          ((this.#answers.get(name) ?? 0) + lanesOf.of(name) - seen.add(name, 1)) / lanesOf.of(name),
        ),
      }))
    );
  }
}

/** How many there are of what has a name. */
class Counts {
  readonly #counts = new Map<string, number>();

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Returns how many there are then. */
  add(name: string, more: number): number {
    const count = this.of(name) + more;
    this.#counts.set(name, count);
    return count;
  }

  /** Takes one away. Says whether there was one. */
  take(name: string): boolean {
    return this.of(name) > 0 && this.add(name, -1) >= 0;
  }
}
