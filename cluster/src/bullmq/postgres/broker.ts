import type { PgPool, Queue } from "bullmq";
import type { Broker, BrokerListener, JobState, OutgoingOrder } from "../../broker.ts";
import type { BrokerSettings } from "../engine.ts";
import { GroupBroker, type GroupBrokerOptions } from "../group_broker.ts";
import { toJob } from "../jobs.ts";
import { PostgresEvents } from "./events.ts";
import { within } from "../../clock.ts";

const CLOSE_LIMIT_MS = 2000;
/** The code of what the server itself has refused. */
const SQL_STATE = /^[0-9A-Z]{5}$/;

/** What a broker is made of. */
export interface PostgresBrokerOptions extends BrokerSettings, GroupBrokerOptions {
  readonly pool: Pick<PgPool, "query">;
  /** Asked for events. */
  readonly events: PgPool;
  /** Gives connections that listen for events. */
  readonly listeners: PgPool;
  readonly queue: Queue;
}

/** One pool's orders and their outcomes, in BullMQ's tables. */
export class PostgresBroker extends GroupBroker implements Broker {
  /** A look at the table costs little, and what comes late here is only found by one. */
  readonly sweepMs = 250;
  readonly #options: PostgresBrokerOptions;
  readonly #events: PostgresEvents;

  constructor(options: PostgresBrokerOptions) {
    super(options);
    this.#options = options;
    options.queue.on("error", () => {});
    this.#events = new PostgresEvents(
      { ask: options.events, listen: options.listeners },
      options.queue.name,
      (event, data) => tell(options.listener, event, data),
    );
  }

  /** Resolves when events are read. */
  protected override async ready(): Promise<void> {
    await this.#options.queue.waitUntilReady();
    await this.#events.start();
  }

  async add(orders: readonly OutgoingOrder[]): Promise<void> {
    await this.#options.queue.addBulk(orders.map(toJob));
  }

  refusal(error: unknown): string | undefined {
    const { code, message } = error as { code?: string; message: string };
    return code !== undefined && SQL_STATE.test(code) ? message : undefined;
  }

  async inspect(ids: readonly string[]): Promise<JobState[]> {
    const { rows } = await this.#options.pool.query<JobRow>(
      `SELECT id, processed_at_ms, finished_at_ms, return_value, failed_reason, processed_by
         FROM job WHERE queue = $1 AND id = ANY($2)`,
      [this.#options.queue.name, ids],
    );
    const found = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => stateOf(found.get(id)));
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const { pool, queue } = this.#options;
    const { rows } = await pool.query<{ id: string }>(
      "DELETE FROM job WHERE queue = $1 AND id = ANY($2) AND finished_at_ms IS NOT NULL RETURNING id",
      [queue.name, ids],
    );
    const gone = new Set(rows.map(({ id }) => id));
    await Promise.all(ids.filter((id) => !gone.has(id)).map((id) => queue.remove(id).catch(() => 0)));
  }

  protected override async closeQueue(): Promise<void> {
    await this.#events.close();
    await within(CLOSE_LIMIT_MS, this.#options.queue.close());
  }
}

interface JobRow {
  readonly id: string;
  readonly processed_at_ms: string | null;
  readonly finished_at_ms: string | null;
  readonly return_value: unknown;
  readonly failed_reason: string | null;
  readonly processed_by: string | null;
}

function stateOf(row: JobRow | undefined): JobState {
  if (row === undefined) return { state: "missing" };
  if (row.finished_at_ms !== null) {
    return { state: "finished", letter: row.return_value ?? undefined, reason: row.failed_reason ?? "" };
  }
  return row.processed_at_ms === null ? { state: "waiting" } : { state: "active", agent: row.processed_by ?? "" };
}

function tell(
  listener: Omit<BrokerListener, "connection">,
  event: string,
  data: Readonly<Record<string, unknown>>,
): void {
  const id = String(data.jobId);
  if (event === "active") listener.active(id, "");
  else if (event === "stalled") listener.stalled(id);
  else if (event === "completed") listener.finished(id, parsed(data.returnvalue));
  else if (event === "failed") listener.finished(id, undefined);
  else if (event === "progress") listener.progress(id, parsed(data.data));
}

/** BullMQ writes values into its events as text. */
function parsed(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
