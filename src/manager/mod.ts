/**
 * Objects that processes share: `Manager`, and the proxies of what it makes.
 *
 * Use it for what many workers change: counters, results by key, settings, an object of your own that must exist once. For
 * data that one worker needs, arguments and results are faster: each call of a proxy is a message there and back.
 *
 * ```ts
 * import { Manager } from "@corral/multiprocessing/manager";
 *
 * await using manager = new Manager();
 * const scores = manager.dict({ ann: 1 });
 * console.log(await scores.add("ann", 2)); // 3
 * ```
 *
 * @module
 */
import "../require_deno.ts";
export { Manager } from "./manager.ts";
export type { UntypedProxy } from "./manager.ts";
export { ArrayProxy } from "./array.ts";
export type { BigIntArray, NumberArray } from "./objects/array_object.ts";
export { DictProxy } from "./dict.ts";
export type { DictEntries } from "./dict.ts";
export type { DictKey } from "./checks.ts";
export { IteratorProxy } from "./iterator.ts";
export { ListProxy } from "./list.ts";
export { NamespaceProxy } from "./namespace.ts";
export type { ObjectProxy, ProxyResult } from "./object_proxy.ts";
export type { AnyClass, RegisterOptions } from "./registered_type.ts";
export { ValueProxy } from "./value.ts";
export type { ObjectRef, SharedHandle } from "../hub/handle.ts";
export type { WaitOptions } from "../hub/wait_queue.ts";
export { ClosedError, EncodingError, EndOfStreamError } from "../errors.ts";
