/**
 * What several copies of this library in one process have in common.
 *
 * A worker always has two when its module imports the library: the one that its parent handed over, and the module's own. A
 * program gets two from two versions, or from two URLs. A class is then there twice, and so is everything at the top level
 * of a module. So what must be one in a process is kept in `globalThis`, and `instanceof` asks for a name.
 *
 * See `docs/decisions/child_source.md`.
 */

/** Raised when a hub, a handle or what they are made of changes so that another copy could not use it. */
const SHARED_VERSION = 1;

const BRAND = Symbol.for("@corral/multiprocessing/class");

type AnyClass = { readonly prototype: object };

/** A symbol that all copies know, as long as what it stands for has the same form in all. */
export function sharedSymbol(name: string): symbol {
  return Symbol.for(`@corral/multiprocessing/${SHARED_VERSION}/${name}`);
}

/** What all copies use under a name. The first that asks makes it. */
export function shared<T>(name: string, make: () => T): T {
  const holder = globalThis as unknown as Record<symbol, T>;
  const key = sharedSymbol(name);
  if (!Object.hasOwn(holder, key)) Object.defineProperty(holder, key, { value: make() });
  return holder[key]!;
}

/**
 * Has `load` called when the first copy asks for what is shared under a name: it loads what asks for it, too, and so makes it. Returns what
 * ends this: to be called before that is loaded for another reason.
 */
export function sharedLater(name: string, load: () => void): () => void {
  const holder = globalThis as unknown as Record<symbol, unknown>;
  const key = sharedSymbol(name);
  // User code may have cleared what it found, and a copy have made its own since: that stays.
  const end = (): void => void Reflect.deleteProperty(holder, key);
  const get = (): unknown => {
    end();
    load();
    return holder[key];
  };
  Object.defineProperty(holder, key, { configurable: true, get });
  return end;
}

/** Names a class, so that `instanceof` is true for the instances of every copy of it. Of several names the first stays. */
export function brand(classes: Readonly<Record<string, AnyClass>>): void {
  for (const [name, branded] of Object.entries(classes)) {
    if (Object.hasOwn(branded.prototype, BRAND)) continue;
    Object.defineProperty(branded.prototype, BRAND, { value: name });
    Object.defineProperty(branded, Symbol.hasInstance, { value: hasInstance });
  }
}

/** The name of the class whose prototype this is, in whatever copy; `undefined` if it has none. */
export function brandOf(prototype: object): string | undefined {
  return Object.hasOwn(prototype, BRAND) ? (prototype as Record<symbol, string>)[BRAND] : undefined;
}

function hasInstance(this: AnyClass, value: unknown): boolean {
  const name = brandOf(this.prototype);
  // A subclass inherits this function, and is a class like any other.
  if (name === undefined) return Function.prototype[Symbol.hasInstance].call(this, value);
  if (typeof value !== "object" || value === null || !(BRAND in value)) return false;
  for (let link: object | null = value; link !== null; link = Object.getPrototypeOf(link)) {
    if (brandOf(link) === name) return true;
  }
  return false;
}
