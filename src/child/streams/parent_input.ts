const DRAIN_BYTES = 64 * 1024;

/**
 * The bytes that a process's parent sends: on stdin, until user code can read there too, and then on a descriptor of
 * their own. See `docs/decisions/standard_streams.md`.
 */
export class ParentInput {
  // Taken before user code can load: it finds a stdin that has ended.
  readonly #readStdin = Deno.stdin.read.bind(Deno.stdin);
  readonly #readStdinSync = Deno.stdin.readSync.bind(Deno.stdin);
  readonly #referenceStdin = stdinReference();
  /** What was still on its way on stdin. */
  readonly #drained: Uint8Array<ArrayBuffer>[] = [];
  #descriptor: number | undefined;
  #socket: Promise<SocketInput> | undefined;
  #referenced = true;

  /** Whether `readSync()` may be called. */
  get canBlock(): boolean {
    return this.#descriptor === undefined;
  }

  /** Reads, perhaps into `buffer`; `null` at the end. */
  async read(buffer: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#descriptor === undefined) {
      const count = await this.#readStdin(buffer);
      if (count !== null) return buffer.subarray(0, count);
    }
    const drained = this.#drained.shift();
    if (drained !== undefined) return drained;
    if (this.#descriptor === undefined) return null;
    this.#socket ??= SocketInput.open(this.#descriptor, this.#referenced);
    return await (await this.#socket).read();
  }

  /** Reads into `buffer` with the event loop stopped; `null` at the end. */
  readSync(buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
    const count = this.#readStdinSync(buffer);
    return count === null ? null : buffer.subarray(0, count);
  }

  /**
   * Leaves stdin to user code, which finds its end there. `tellParent` has the parent close stdin and go on with `descriptor`; what it
   * sent before is taken out here, with the event loop stopped. A read that is under way has asked first, and comes before that.
   */
  leaveStdin(descriptor: number, tellParent: () => void): void {
    if (this.#descriptor !== undefined) return;
    this.#descriptor = descriptor;
    tellParent();
    for (let buffer; (buffer = this.readSync(new Uint8Array(DRAIN_BYTES))) !== null;) this.#drained.push(buffer);
  }

  /** Says whether the process lives on for what its parent may still send. Returns whether that can be had. */
  setReferenced(referenced: boolean): boolean {
    if (this.#referenceStdin === undefined) return false;
    this.#referenced = referenced;
    this.#referenceStdin(referenced);
    this.#socket?.then((socket) => socket.setReferenced(referenced));
    return true;
  }
}

/** A descriptor, read through Node's layer: it alone can read one by its number. */
class SocketInput {
  readonly #socket: NodeSocket;
  #hasEnded = false;
  #wake = (): void => {};

  private constructor(socket: NodeSocket, referenced: boolean) {
    this.#socket = socket;
    socket.on("readable", () => this.#wake());
    const end = (): void => {
      this.#hasEnded = true;
      this.#wake();
    };
    for (const event of ["end", "close", "error"]) socket.on(event, end);
    this.setReferenced(referenced);
  }

  static async open(descriptor: number, referenced: boolean): Promise<SocketInput> {
    const { Socket } = await import("node:net");
    return new SocketInput(new Socket({ fd: descriptor, readable: true, writable: false }), referenced);
  }

  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    while (true) {
      const bytes: Uint8Array<ArrayBuffer> | null = this.#socket.read();
      if (bytes !== null || this.#hasEnded) return bytes;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  setReferenced(referenced: boolean): void {
    if (referenced) this.#socket.ref();
    else this.#socket.unref();
  }
}

/** What is used of a socket of `node:net`. */
interface NodeSocket {
  on(event: string, listener: () => void): unknown;
  read(): Uint8Array<ArrayBuffer> | null;
  ref(): unknown;
  unref(): unknown;
}

/** Deno has this for `process.stdin.unref()`; it is not documented. */
function stdinReference(): ((referenced: boolean) => void) | undefined {
  const symbols = Object.getOwnPropertySymbols(Object.getPrototypeOf(Deno.stdin));
  const [ref, unref] = ["REF", "UNREF"].map((name) => symbols.find((symbol) => symbol.description === name));
  if (ref === undefined || unref === undefined) return undefined;
  const stdin = Deno.stdin as unknown as Record<symbol, () => void>;
  return (referenced) => stdin[referenced ? ref : unref]!();
}
