/** How things are named in the server. */

/**
 * The queue of a group's code. One queue for each: an agent never sees an order for code that it does not have.
 *
 * Both may have a "-", so that a group's is a "." here, which groups do not have: code `eu-1` of group `prod` is not code `1` of group `prod-eu`.
 */
export function queueName(group: string, code: string): string {
  return `corral-${group.replaceAll("-", ".")}-${code}`;
}

/** The Relay namespace of a group. */
export function relayNamespace(group: string): string {
  return `corral-${group}`;
}

/** Checks a group's name. Throws TypeError. */
export function checkGroup(group: string): string {
  if (typeof group === "string" && /^[A-Za-z0-9_-]{1,40}$/.test(group)) return group;
  throw new TypeError(`Cannot use ${JSON.stringify(group)} as a group: 1 to 40 letters, digits, "_" or "-" are wanted`);
}

/** The shelf of the store where a client's own pieces lie. They are taken away when its tasks have settled. */
export function clientShelf(clientId: string): string {
  return `client-${clientId}`;
}

/** The shelf of runs with an id: their pieces outlive the client, and go when their time is over. */
export const RUN_SHELF = "runs";

/** The code name of pools without a module: built-ins, and text where agents allow it. */
export const NO_MODULE_CODE = "no-module";
