import { brand } from "../copies.ts";
import { EncodingError } from "../errors.ts";
import type { HandleCodec } from "../wire/codec/codec.ts";
import { describeHandle, type Handle, type ObjectRef, REF } from "./handle.ts";

/** What is left to do for a ticket. */
interface TicketState {
  /** The object that is held, until the ticket is used. */
  held: ObjectRef | undefined;
}

const unused = new FinalizationRegistry<TicketState>((state) => use(state));

/**
 * A handle inside a message that has not left yet. It holds the object meanwhile, so that the sender may close its own
 * handle at once: `pool.apply(work, [connection]); connection.close()`.
 */
export class Ticket implements Handle {
  readonly [REF]: ObjectRef;
  /** What the message holds. */
  readonly handle: Handle;
  readonly #state: TicketState;

  constructor(handle: Handle) {
    this.handle = handle;
    this[REF] = handle[REF];
    this.#state = { held: this[REF] };
    this[REF].hold();
    unused.register(this, this.#state);
  }

  /** The message has left: now the receiver holds the object. Using it again is harmless. */
  use(): void {
    use(this.#state);
  }

  /** The message will not leave any more, because its receiver died. */
  end(): void {
    use(this.#state, true);
  }

  /** The message came back. */
  renew(): void {
    if (this.#state.held !== undefined) return;
    this.#state.held = this[REF];
    this[REF].hold();
  }

  /** The handle for this process, if the message was for this one. */
  open(): Handle {
    const handle = this[REF].open(this.handle);
    this.use();
    return handle;
  }
}

brand({ Ticket });

function use(state: TicketState, ended = false): void {
  const { held } = state;
  state.held = undefined;
  held?.unhold(ended);
}

/** Describes a handle that user code sends. Throws EncodingError for one that it has closed. */
export function describeOpenHandle(value: object): unknown {
  const data = describeHandle(value);
  if (data !== undefined && !(value as Handle)[REF].canTravel) {
    throw new EncodingError(`Cannot send a ${data.type}: it was closed here, send it before`, "$");
  }
  return data;
}

const NONE: readonly Handle[] = [];

/** Encodes handles of a message that will leave later; each must be granted then. */
export class HandleCollector implements HandleCodec {
  #handles: Handle[] | undefined;

  /** What was encoded. */
  get handles(): readonly Handle[] {
    return this.#handles ?? NONE;
  }

  encode(value: object): unknown {
    const data = describeOpenHandle(value);
    if (data !== undefined) (this.#handles ??= []).push(new Ticket(value as Handle));
    return data;
  }

  decode(): never {
    throw new TypeError("Nothing is decoded here");
  }
}
