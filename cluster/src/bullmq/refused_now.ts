/**
 * What Redis answers while it takes no writes, or none of this account: no memory or disk left, too few replicas, a right that was taken away. Older
 * ones have it within the text of a script's error.
 */
const REDIS_NOT_NOW =
  /\b(OOM|MISCONF|NOREPLICAS|NOPERM|NOAUTH|WRONGPASS|BUSY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY) /;
/**
 * PostgreSQL's codes for the same: resources, the system below it, a right that is missing, only reads are allowed, and a statement that gave way to
 * another one or was broken off.
 */
const POSTGRES_NOT_NOW = /^(53...|58...|42501|25006|40...|55P03|57014)$/;

/** Whether a server has refused a write for what may go again: nothing is wrong with what was to be written. */
export function isRefusedForNow(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return error.name === "ReplyError"
    ? REDIS_NOT_NOW.test(error.message)
    : typeof code === "string" && POSTGRES_NOT_NOW.test(code);
}
