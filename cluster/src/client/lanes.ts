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
   * agent is not known: any lane that is left is shown for it, so that as many are busy as tasks run.
   */
  workers(entries: Iterable<Entry>): WorkerInfo[] {
    const busy = new Map<string, number>();
    for (const { state, agent } of entries) if (state === "begun") busy.set(agent, (busy.get(agent) ?? 0) + 1);
    let somewhere = busy.get("") ?? 0;
    let workerId = 0;
    return this.#agents.flatMap(({ name, pid, lanes }) =>
      Array.from({ length: lanes }, (_, lane): WorkerInfo => ({
        workerId: workerId++,
        pid,
        agent: name,
        state: lane < (busy.get(name) ?? 0) || somewhere-- > 0 ? "busy" : "idle",
        tasksDone: Math.floor(((this.#answers.get(name) ?? 0) + lanes - 1 - lane) / lanes),
      }))
    );
  }
}
