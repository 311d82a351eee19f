import { brand } from "../copies.ts";
import { JoinableQueue, Queue, SimpleQueue } from "../channels/mod.ts";
import { type Handle, REF } from "../hub/handle.ts";
import { hub } from "../hub/hub.ts";
import {
  Barrier,
  type BarrierOptions,
  BoundedSemaphore,
  Condition,
  Event,
  Lock,
  RLock,
  Semaphore,
} from "../sync/mod.ts";
import { refuseArguments, refuseSurplus, shown } from "../shown.ts";
import { ARRAY, ArrayProxy } from "./array.ts";
import { type DictKey, itemsOf } from "./checks.ts";
import { ArrayObject, type BigIntArray, numbersOf } from "./objects/array_object.ts";
import { DICT, type DictEntries, DictProxy, entriesOf } from "./dict.ts";
import { DictObject } from "./objects/dict_object.ts";
import { namingGivenNow, placeInEntries } from "./given.ts";
import { InstanceObject, type Own } from "./objects/instance_object.ts";
import { Lifetime } from "./lifetime.ts";
import { LIST, ListProxy } from "./list.ts";
import { ListObject } from "./objects/list_object.ts";
import { NAMESPACE, NamespaceProxy, sharedEntries } from "./namespace.ts";
import { makeObjectProxy, OBJECT, type ObjectProxy } from "./object_proxy.ts";
import { type AnyClass, type RegisteredType, registeredType, type RegisterOptions } from "./registered_type.ts";
import { VALUE, ValueProxy } from "./value.ts";
import { ValueObject } from "./objects/value_object.ts";

/** A proxy of an object whose class is not known to the compiler. */
export interface UntypedProxy {
  /** Every method. */
  // deno-lint-ignore no-explicit-any -- nothing is known
  readonly [method: string]: any;
}

/**
 * Makes objects that processes share: dicts, lists, values, and objects of your own classes.
 *
 * - What it makes lives in this process; no server is started. Proxies may travel in any argument, result, queue item or pipe
 *   message, and into each other.
 * - Every call is one message to this process, and every change is atomic.
 * - What goes into an object and comes out of it is copied, in this process too; proxies stay live.
 * - Closing the manager closes all its objects, as their `close()` would: later calls reject with ClosedError, and the manager
 *   throws it when it is to make another one. Objects of which no process has a proxy are forgotten earlier. Once the process
 *   that made the manager has ended, calls reject with EndOfStreamError.
 *
 * Each call costs a message there and back. For work on much data, send the data to the worker and the result back.
 * Python's `multiprocessing.Manager` (https://docs.python.org/3/library/multiprocessing.html#managers).
 *
 * @example
 * ```ts
 * import { type DictProxy, Manager, Pool } from "@corral/multiprocessing";
 *
 * await using manager = new Manager();
 * await using pool = new Pool({ workers: 2 });
 * const squares = manager.dict<number, number>();
 * await pool.starmap(
 *   async (squares: DictProxy<number, number>, n: number) => await squares.set(n, n * n),
 *   [1, 2, 3].map((n) => [squares, n] as const),
 * );
 * console.log(await squares.get(3)); // 9
 * ```
 *
 * @example All that it makes
 * ```ts
 * import { Manager } from "@corral/multiprocessing";
 *
 * const manager = new Manager();
 * const lock = manager.lock();
 * const made = [
 *   ...[manager.dict({ a: 1 }), manager.list([1, 2]), manager.array(3), manager.namespace({ a: 1 }), manager.value(0)],
 *   ...[manager.rlock(), manager.semaphore(2), manager.boundedSemaphore(2), manager.condition(lock)],
 *   ...[manager.event(), manager.barrier(2), manager.queue(10), manager.joinableQueue(), manager.simpleQueue()],
 * ];
 * console.log(made.length); // 14
 * manager.close();
 * console.log(await lock.acquire().catch((error) => error.name)); // ClosedError
 * ```
 */
export class Manager implements Disposable, AsyncDisposable {
  readonly #lifetime = new Lifetime();
  readonly #types = new Map<string, RegisteredType>();
  readonly #own: Own = (type, object) => {
    const ref = hub.own(type, object);
    this.#lifetime.add(ref);
    return ref;
  };

  /** Makes a manager that has made nothing yet. */
  constructor() {
    refuseArguments("new Manager()", arguments, ", its methods do");
  }

  /**
   * Makes a dict.
   *
   * @param entries What is in it: a `Map`, or pairs of key and value. @default nothing
   * @returns Its proxy.
   * @throws {TypeError} If it cannot be filled from that, or a key cannot be one.
   * @throws {EncodingError} If a value cannot travel.
   */
  dict<K extends DictKey = string, V = unknown>(entries?: Iterable<readonly [K, V]>): DictProxy<K, V>;
  /**
   * Makes a dict from an object's own keys.
   *
   * @param entries What is in it.
   * @returns Its proxy.
   * @throws {EncodingError} If a value cannot travel.
   */
  dict<K extends string = string, V = unknown>(entries: Readonly<Record<string, V>>): DictProxy<K, V>;
  dict<K extends DictKey, V>(entries: DictEntries<K, V> = []): DictProxy<K, V> {
    refuseSurplus("dict(entries)", arguments, 1);
    const object = dictOf(entries, entriesOf(entries), "the dict has no such key");
    return new DictProxy(this.#own(DICT, object));
  }

  /**
   * Makes a list.
   *
   * @param items What is in it, from first to last. @default nothing
   * @returns Its proxy.
   * @throws {TypeError} If they cannot be iterated.
   * @throws {EncodingError} If an item cannot travel.
   */
  list<T = unknown>(items: Iterable<T> = []): ListProxy<T> {
    refuseSurplus("list(items)", arguments, 1);
    return new ListProxy(this.#own(LIST, new ListObject([...itemsOf(items)])));
  }

  /**
   * Makes a namespace.
   *
   * @param values An object's own names and values. @default nothing
   * @returns Its proxy.
   * @throws {TypeError} If it is something else, or a name begins with `_`.
   * @throws {EncodingError} If a value cannot travel.
   */
  namespace<T extends object = Record<string, unknown>>(values: T = {} as T): NamespaceProxy<T> {
    refuseSurplus("namespace(values)", arguments, 1);
    const object = dictOf(values, sharedEntries(values), "the namespace has no such name");
    return new NamespaceProxy(this.#own(NAMESPACE, object));
  }

  /**
   * Makes a value.
   *
   * @param value A number, or anything else that can travel.
   * @returns Its proxy.
   * @throws {EncodingError} If it cannot travel.
   */
  value<T>(value: T): ValueProxy<T> {
    refuseSurplus("value(value)", arguments, 1);
    return new ValueProxy(this.#own(VALUE, new ValueObject(value)));
  }

  /**
   * Makes an array of bigints.
   *
   * @param items They are copied; the array holds the same kind.
   * @returns Its proxy.
   */
  array(items: BigIntArray): ArrayProxy<bigint>;
  /**
   * Makes an array of numbers.
   *
   * @param items How many zeros, or the numbers. A typed array gives the kind: an `Int32Array` holds whole numbers of 32 bits
   * only. All else makes a `Float64Array`.
   * @returns Its proxy.
   * @throws {RangeError} If the count is negative, not a whole number, or too large.
   * @throws {TypeError} If an item is not a number.
   */
  array(items: number | Iterable<number>): ArrayProxy<number>;
  array(items: number | Iterable<number> | BigIntArray): ArrayProxy<never> {
    refuseSurplus("array(items)", arguments, 1);
    return new ArrayProxy<never>(this.#own(ARRAY, new ArrayObject(numbersOf(items))));
  }

  /** Makes a {@linkcode Lock}. */
  lock(): Lock {
    refuseArguments("lock()", arguments);
    return this.#share(new Lock());
  }

  /** Makes an {@linkcode RLock}. */
  rlock(): RLock {
    refuseArguments("rlock()", arguments);
    return this.#share(new RLock());
  }

  /**
   * Makes a {@linkcode Semaphore}.
   *
   * @param value How many may hold it at a time, at least 0. @default 1
   * @throws {RangeError} If that is negative, or not a whole number.
   */
  semaphore(value = 1): Semaphore {
    refuseSurplus("semaphore(value)", arguments, 1);
    return this.#share(new Semaphore(value));
  }

  /**
   * Makes a {@linkcode BoundedSemaphore}.
   *
   * @param value How many may hold it at a time, at least 0. @default 1
   * @throws {RangeError} If that is negative, or not a whole number.
   */
  boundedSemaphore(value = 1): BoundedSemaphore {
    refuseSurplus("boundedSemaphore(value)", arguments, 1);
    return this.#share(new BoundedSemaphore(value));
  }

  /**
   * Makes a {@linkcode Condition}.
   *
   * @param lock What its holders hold, a lock of this process. @default a new RLock
   * @throws {TypeError} If another process made the lock.
   */
  condition(lock?: Lock | RLock): Condition {
    refuseSurplus("condition(lock)", arguments, 1);
    return this.#share(new Condition(lock));
  }

  /** Makes an {@linkcode Event}. */
  event(): Event {
    refuseArguments("event()", arguments);
    return this.#share(new Event());
  }

  /**
   * Makes a {@linkcode Barrier}.
   *
   * @param parties How many must come, at least 1.
   * @param options What runs when all have come, and how long each waits.
   * @throws {RangeError} If `parties` is less than 1, or not a whole number.
   * @throws {TypeError} If an option has the wrong name or type.
   */
  barrier(parties: number, options?: BarrierOptions): Barrier {
    refuseSurplus("barrier(parties, options)", arguments, 2);
    return this.#share(new Barrier(parties, options));
  }

  /**
   * Makes a {@linkcode Queue}.
   *
   * @param maxSize How many items it holds; 0 or less for any number. @default 0
   * @throws {RangeError} If that is not a whole number.
   */
  queue<T = unknown>(maxSize = 0): Queue<T> {
    refuseSurplus("queue(maxSize)", arguments, 1);
    return this.#share(new Queue<T>(maxSize));
  }

  /**
   * Makes a {@linkcode JoinableQueue}.
   *
   * @param maxSize How many items it holds; 0 or less for any number. @default 0
   * @throws {RangeError} If that is not a whole number.
   */
  joinableQueue<T = unknown>(maxSize = 0): JoinableQueue<T> {
    refuseSurplus("joinableQueue(maxSize)", arguments, 1);
    return this.#share(new JoinableQueue<T>(maxSize));
  }

  /** Makes a {@linkcode SimpleQueue}. */
  simpleQueue<T = unknown>(): SimpleQueue<T> {
    refuseArguments("simpleQueue()", arguments);
    return this.#share(new SimpleQueue<T>());
  }

  /**
   * Makes a class known, so that {@linkcode Manager.create} can make objects of it.
   *
   * @param name What `create` calls it.
   * @param type The class. Methods may be asynchronous, and may be generators.
   * @param options Which methods may be called.
   * @throws {TypeError} If it is not a class, the name is taken, or a name may not be exposed: one that begins with `_`, or that
   * every object has.
   */
  register(name: string, type: AnyClass, options: RegisterOptions = {}): void {
    refuseSurplus("register(name, type, options)", arguments, 3);
    const registered = registeredType(name, type, options);
    if (this.#types.has(name)) throw new TypeError(`Cannot register ${shown(name)}: the name is taken`);
    this.#types.set(name, registered);
  }

  /**
   * Makes an object of a registered class.
   *
   * The constructor runs in this process, and so do all methods.
   *
   * @param type The class, which gives the proxy its type.
   * @param args The arguments of the constructor. They are not copied.
   * @returns The object's proxy.
   * @throws {TypeError} If the class is not registered, or has no method that is to be exposed.
   * @throws {ClosedError} If the manager is closed.
   * @throws What the constructor throws.
   *
   * @example
   * ```ts
   * import { Manager } from "@corral/multiprocessing";
   *
   * class Counter {
   *   #n = 0;
   *   increment(): number {
   *     return ++this.#n;
   *   }
   *   *upTo(limit: number): Generator<number> {
   *     for (let n = 1; n <= limit; n++) yield n;
   *   }
   * }
   *
   * await using manager = new Manager();
   * manager.register("Counter", Counter);
   * const counter = await manager.create(Counter);
   * console.log(await counter.increment()); // 1
   * for await (const n of await counter.upTo(2)) console.log(n); // 1, 2
   * ```
   */
  create<C extends AnyClass>(type: C, ...args: ConstructorParameters<C>): Promise<ObjectProxy<InstanceType<C>>>;
  /**
   * Makes an object of the class that was registered under a name.
   *
   * @typeParam T The class; without it, every call of a method compiles.
   * @param type The name.
   * @param args The arguments of the constructor.
   * @returns The object's proxy.
   * @throws What the overload for a class throws.
   */
  create<T extends object = UntypedProxy>(
    type: string,
    ...args: unknown[]
  ): Promise<T extends UntypedProxy ? UntypedProxy : ObjectProxy<T>>;
  // deno-lint-ignore require-await -- so that what the constructor throws rejects
  async create(type: AnyClass | string, ...args: unknown[]): Promise<unknown> {
    this.#lifetime.check();
    const registered = this.#find(type);
    const instance = new registered.create(...args);
    for (const method of registered.exposed) {
      if (typeof Reflect.get(instance, method) === "function") continue;
      throw new TypeError(`Cannot expose ${shown(method)}: ${registered.name} has no such method`);
    }
    return makeObjectProxy(this.#own(OBJECT, new InstanceObject(registered, instance, this.#own)));
  }

  /** Closes all objects, for all processes. Harmless when called again. */
  close(): void {
    refuseArguments("close()", arguments);
    this.#lifetime.close();
  }

  /** Closes all objects. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes all objects. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #share<H extends Handle>(handle: H): H {
    this.#lifetime.add(handle[REF]);
    return handle;
  }

  #find(type: AnyClass | string): RegisteredType {
    for (const registered of this.#types.values()) {
      if (registered.name === type || registered.create === type) return registered;
    }
    const name = typeof type === "function" ? type.name : type;
    throw new TypeError(`Cannot create ${shown(name)}: it is not registered, call register() first`);
  }
}

function dictOf(given: object, entries: readonly (readonly [DictKey, unknown])[], missing: string): DictObject {
  return namingGivenNow((path) => placeInEntries(path, "$", given, entries), () => new DictObject(entries, missing));
}

brand({ Manager });
