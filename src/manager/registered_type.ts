import { shown } from "../shown.ts";

/** Any class. */
// deno-lint-ignore no-explicit-any -- only `any` lets every constructor be passed
export type AnyClass<T extends object = object> = new (...args: any[]) => T;

/** How a type is registered. */
export interface RegisterOptions {
  /**
   * The methods that may be called.
   *
   * @default all of the class and its ancestors whose names do not begin with `_`
   */
  expose?: Iterable<string>;
}

/** A class that a manager makes objects of, and what of them may be called. */
export interface RegisteredType {
  readonly name: string;
  readonly create: AnyClass;
  readonly exposed: ReadonlySet<string>;
}

/** Names that every object has, or that mean something to promises or JSON: no proxy passes them on. */
const RESERVED: ReadonlySet<string> = new Set([...Object.getOwnPropertyNames(Object.prototype), "then", "toJSON"]);

/** Whether a proxy has something of its own under this name. */
export function isReserved(name: string): boolean {
  return RESERVED.has(name);
}

function canBeExposed(name: unknown): boolean {
  return typeof name === "string" && !/^[_#]/.test(name) && !isReserved(name);
}

/** Checks what is to be registered. */
export function registeredType(name: string, create: unknown, options: RegisterOptions): RegisteredType {
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`Cannot register ${shown(name)}: a name is wanted`);
  }
  if (!isClass(create)) throw new TypeError(`Cannot register ${shown(name)}: a class is wanted, not ${shown(create)}`);
  const expose = exposedBy(options);
  const exposed = expose === undefined ? publicMethodsOf(create) : Array.from(expose);
  for (const method of exposed) {
    if (canBeExposed(method)) continue;
    throw new TypeError(
      `Cannot expose ${
        shown(method)
      }: a method's name is wanted, not one that every object has or that begins with "_"`,
    );
  }
  return { name, create, exposed: new Set(exposed) };
}

function exposedBy(options: RegisterOptions): Iterable<string> | undefined {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot register a class: the options are ${shown(options)}, wanted { expose: ["method"] }`);
  }
  for (const name of Object.keys(options)) {
    if (name === "expose") continue;
    throw new TypeError(`Cannot register a class: "${name}" is not an option of register(), wanted "expose"`);
  }
  const { expose } = options;
  if (expose === undefined || (typeof expose === "object" && expose !== null && Symbol.iterator in expose)) {
    return expose;
  }
  throw new TypeError(`Cannot register a class: "expose" is ${shown(expose)}, a list of names is wanted`);
}

function publicMethodsOf({ prototype }: AnyClass): string[] {
  const names: string[] = [];
  for (let level = prototype; level !== null && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (typeof value === "function" && canBeExposed(name)) names.push(name);
    }
  }
  return names;
}

function isClass(value: unknown): value is AnyClass {
  if (typeof value !== "function") return false;
  try {
    // Tells whether it can be called with `new`, without doing it.
    Reflect.construct(Object, [], value);
    return true;
  } catch {
    return false;
  }
}
