import type { FrameHandler } from "../wire/framing/frame_decoder.ts";

const HANDLE_TAG = '{"$":"handle"';

/**
 * Holds frames back while the classes of shared objects load, which they do with the first handle: most tasks share
 * nothing, and start faster without them. Frames keep their order.
 */
export class DeferredFrames {
  readonly #loadHandleClasses: () => Promise<unknown>;
  readonly #receive: FrameHandler;
  #held: [text: string, parts: Uint8Array[]][] | undefined;
  #loaded = false;

  /** @param receive Takes each frame, at once or when the classes are there. */
  constructor(loadHandleClasses: () => Promise<unknown>, receive: FrameHandler) {
    this.#loadHandleClasses = loadHandleClasses;
    this.#receive = receive;
  }

  /** Whether frames are held back: the event loop must turn for them to go on. */
  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  /** Takes in one frame. */
  readonly push: FrameHandler = (text, parts) => {
    if (this.#held !== undefined) {
      this.#held.push([text, parts]);
    } else if (!this.#loaded && text.includes(HANDLE_TAG)) {
      this.#held = [[text, parts]];
      this.#load();
    } else {
      this.#receive(text, parts);
    }
  };

  async #load(): Promise<void> {
    await this.#loadHandleClasses();
    this.#loaded = true;
    const held = this.#held!;
    this.#held = undefined;
    for (const [text, parts] of held) this.#receive(text, parts);
  }
}
