import { denoInternals } from "../../deno_internals.ts";

/** What is told of user code before it can write to stdout in a way that the library does not see. */
export interface DescriptorEvents {
  /** It loads Node's layer, which writes to descriptors by their numbers, or starts a command that inherits stdout. */
  reach(): void;
  /** It starts a thread, which has a console of its own. */
  thread(): void;
}

type Construct = (args: readonly unknown[]) => void;

/** Watches what user code reaches for. */
export function watchDescriptors(events: DescriptorEvents): void {
  replaceRead(denoInternals, "__nodeBootstrapArgs", (read) => {
    events.reach();
    return read();
  });
  for (const name of ["spawn", "spawnAndWait", "spawnAndWaitSync", "run"]) {
    replaceRead(Deno, name, (read) => {
      events.reach();
      return read();
    });
  }
  let command: unknown;
  replaceRead(Deno, "Command", (read) =>
    command ??= beforeConstruct(read(), ([, options]) => {
      if (inherits(options as Deno.CommandOptions | undefined)) events.reach();
    }));
  globalThis.Worker = beforeConstruct(Worker, () => events.thread());
}

/** Pools and processes that this one has give their workers pipes of their own, and need no more. */
function inherits({ stdout }: Deno.CommandOptions = {}): boolean {
  return stdout !== "piped" && stdout !== "null";
}

function beforeConstruct<C>(constructor: C, notice: Construct): C {
  return new Proxy(constructor as object, {
    construct(target, args, newTarget) {
      notice(args);
      return Reflect.construct(target as new () => object, args, newTarget);
    },
  }) as C;
}

/** Has `replacement` answer each read of a property. It may still be set. */
function replaceRead(holder: object, name: string, replacement: (read: () => unknown) => unknown): void {
  const property = Object.getOwnPropertyDescriptor(holder, name);
  if (property === undefined || !property.configurable) return;
  const { get, set } = property;
  let value: unknown = property.value;
  const read = (): unknown => get === undefined ? value : get.call(holder);
  Object.defineProperty(holder, name, {
    configurable: true,
    enumerable: property.enumerable ?? false,
    get: () => replacement(read),
    set: (next: unknown) => {
      if (set === undefined) value = next;
      else set.call(holder, next);
    },
  });
}
