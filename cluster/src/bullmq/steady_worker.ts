import { LockManager, Worker } from "bullmq";

/**
 * Renews the locks of jobs that were there when it last looked.
 *
 * BullMQ goes by when it has last renewed each, by the machine's clock: once that is set back, it waits until it has caught up, and the server has
 * given the job to another agent meanwhile.
 */
export class SteadyLocks extends LockManager {
  #seen: ReadonlyMap<string, string> = new Map();

  override start(): void {
    if (!this.closed && this.lockRenewalTimer === undefined) this.#renewLater();
  }

  #renewLater(): void {
    this.lockRenewalTimer = setTimeout(() => void this.#renew(), this.opts.lockRenewTime / 2) as never;
  }

  async #renew(): Promise<void> {
    const tracked = new Map(Array.from(this.trackedJobs, ([id, { token }]) => [id, token]));
    const due = [...tracked].filter(([id, token]) => this.#seen.get(id) === token).map(([id]) => id);
    this.#seen = tracked;
    if (due.length > 0) await this.extendLocks(due);
    if (!this.closed) this.#renewLater();
  }
}

/** A worker of BullMQ that keeps its jobs also when its machine's clock is set back. */
export class SteadyWorker extends Worker {
  protected override createLockManager(): void {
    const { lockRenewTime, lockDuration, name } = this.opts;
    this.lockManager = new SteadyLocks(this as never, {
      ...{ lockRenewTime: lockRenewTime!, lockDuration: lockDuration!, workerId: this.id },
      ...(name !== undefined && { workerName: name }),
    });
  }
}
