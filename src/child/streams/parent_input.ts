import { denoInternals } from "../../deno_internals.ts";

/** What a process reads its parent's messages from: stdin, or a file that it opened on a descriptor of its own. */
export type InputFile = Pick<typeof Deno.stdin, "read" | "readSync">;

type Core = NonNullable<typeof denoInternals.core>;

/** The bytes that a process's parent sends. See `docs/decisions/standard_streams.md`. */
export interface ParentInput {
  /** Reads, perhaps into `buffer`; `null` at the end. */
  read(buffer: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null>;
  /** The same, with the event loop stopped. */
  readSync(buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null;
  /** Says whether the process lives on for what its parent may still send. Returns whether that can be had. */
  setReferenced(referenced: boolean): boolean;
}

/** Takes the file before user code can load. */
export function parentInput(file: InputFile): ParentInput {
  const readSync = file.readSync.bind(file);
  const setReferenced = stdinReference(file);
  const reader = setReferenced === undefined ? descriptorReader(file) : undefined;
  const read = reader?.read ?? file.read.bind(file);
  const filled = (buffer: Uint8Array<ArrayBuffer>, count: number | null) =>
    count === null || count === 0 ? null : buffer.subarray(0, count);
  return {
    read: async (buffer) => filled(buffer, await read(buffer)),
    readSync: (buffer) => filled(buffer, readSync(buffer)),
    setReferenced: setReferenced ?? reader?.setReferenced ?? (() => false),
  };
}

/** Reads a resource, as files do, in a way that need not keep the process alive. */
function descriptorReader(file: InputFile) {
  const { core } = denoInternals;
  const rid = (file as unknown as Record<symbol, number | undefined>)[core?.internalRidSymbol ?? Symbol()];
  if (rid === undefined || !core?.read || !core.refOpPromise || !core.unrefOpPromise) return undefined;
  const { read, refOpPromise, unrefOpPromise } = core as Required<Core>;
  let isReferenced = true;
  let reading: Promise<number> | undefined;
  return {
    read(buffer: Uint8Array): Promise<number> {
      reading = read(rid, buffer);
      if (!isReferenced) unrefOpPromise(reading);
      return reading;
    },
    setReferenced(referenced: boolean): boolean {
      isReferenced = referenced;
      if (reading !== undefined) (referenced ? refOpPromise : unrefOpPromise)(reading);
      return true;
    },
  };
}

/** Deno has this for `process.stdin.unref()`; it is not documented. */
function stdinReference(file: InputFile): ((referenced: boolean) => boolean) | undefined {
  if (file !== Deno.stdin) return undefined;
  const symbols = Object.getOwnPropertySymbols(Object.getPrototypeOf(file));
  const [ref, unref] = ["REF", "UNREF"].map((name) => symbols.find((symbol) => symbol.description === name));
  if (ref === undefined || unref === undefined) return undefined;
  const stdin = file as unknown as Record<symbol, () => void>;
  return (referenced) => {
    stdin[referenced ? ref : unref]!();
    return true;
  };
}
