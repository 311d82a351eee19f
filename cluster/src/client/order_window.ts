/** Orders that may be out at once: enough that no lane waits for the next, few enough that the server holds little. */
export class OrderWindow {
  static readonly LEAST = 256;
  static readonly ORDERS_PER_LANE = 8;
  /** Large arguments lie on the server for as long as their orders are out. */
  static readonly MOST_BYTES = 256 * 1024 * 1024;
  #out = 0;
  #bytes = 0;

  /** How many are out. */
  get out(): number {
    return this.#out;
  }

  /** How many may leave now. Topped up by quarters: each time is a round trip, however many go. */
  room(lanes: number): number {
    const most = Math.max(OrderWindow.LEAST, OrderWindow.ORDERS_PER_LANE * lanes);
    const room = most - this.#out;
    return this.#out > 0 && (room < most / 4 || this.#bytes >= OrderWindow.MOST_BYTES) ? 0 : room;
  }

  /** One leaves. Says whether more bytes may. */
  leave(byteLength: number): boolean {
    this.#out++;
    this.#bytes += byteLength;
    return this.#bytes < OrderWindow.MOST_BYTES;
  }

  /** One is back. */
  back(byteLength: number): void {
    this.#out--;
    this.#bytes -= byteLength;
  }
}
