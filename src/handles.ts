/** Loads every class of shared objects, so that its handles can arrive from other processes. */
import "./sync/lock.ts";
import "./channels/queue.ts";
