import { hub } from "./hub.ts";
import { PARENT_LIMITS } from "./limits.ts";
import { PeerLink } from "./peer_link.ts";
import type { Transport } from "./requests/outbox.ts";

/**
 * Joins the parent to this process's hub.
 *
 * @param currentTask The task that is running in this process; 0 when none is.
 */
export function joinParent(transport: Transport, currentTask: () => number): PeerLink {
  hub.currentTask = currentTask;
  return new PeerLink(hub, "parent", transport, PARENT_LIMITS);
}
