/**
 * Serves HTTP on the loopback interface, as little of it as the live page needs: one request and one answer for each connection.
 *
 * `Deno.serve()` has no limit for connections: who opened a thousand and said nothing, without any token, used up the program's descriptors. No
 * worker could start then, and the error of `accept()` ended the program. Nor does it ever end while a client does not finish its request.
 * Why not `node:http`: `docs/decisions/observing.md`.
 */
import { after, untilSettled } from "../timer.ts";
import { readRequest } from "./page_request.ts";

/** Beyond these, the one that has waited for its answer the longest goes. Who reads a stream is not one of them. */
const MOST_CONNECTIONS = 64;
/** When there is no descriptor for one more. */
const ACCEPT_PAUSE_MS = 100;
/** How long an answer may still take when the listener closes. */
const GRACE_MS = 1000;

/** Listens on a port of 127.0.0.1. It does not keep the program alive. */
export class PageListener {
  readonly #listener: Deno.TcpListener;
  readonly #answer: (request: Request) => Promise<Response>;
  readonly #encoder = new TextEncoder();
  /** The oldest first. */
  readonly #waiting = new Set<Deno.TcpConn>();
  readonly #open = new Map<Deno.TcpConn, Promise<void>>();
  /** Of the answers that are being sent. */
  readonly #bodies = new Map<Deno.TcpConn, ReadableStreamDefaultReader<Uint8Array>>();
  #closed = false;

  constructor(port: number, answer: (request: Request) => Promise<Response>) {
    this.#answer = answer;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.#listener.unref();
    void this.#accept();
  }

  /** Where it listens. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Listens no longer, gives the answers that are being sent a second, and closes all connections. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listener.close();
    for (const connection of this.#waiting) this.#end(connection);
    await untilSettled(Promise.all(this.#open.values()), { timeoutMs: GRACE_MS });
    for (const connection of this.#open.keys()) this.#end(connection);
    await Promise.all(this.#open.values());
  }

  async #accept(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#serve(await this.#listener.accept());
      } catch {
        if (!this.#closed) await new Promise<void>((resolve) => after(ACCEPT_PAUSE_MS, resolve).setReferenced(false));
      }
    }
  }

  /** Begins to serve it. Returns what must end before there is room for another one. */
  #serve(connection: Deno.TcpConn): Promise<void> | undefined {
    if (this.#closed) return void close(connection);
    connection.unref();
    const left = this.#makeRoom();
    this.#waiting.add(connection);
    const served = this.#exchange(connection).catch(() => {}).finally(() => {
      this.#waiting.delete(connection);
      this.#open.delete(connection);
      this.#bodies.delete(connection);
      close(connection);
    });
    this.#open.set(connection, served);
    return left;
  }

  /** Ends the one that has waited the longest, if there are too many. Its descriptor is free when a read that waits has ended, and not before. */
  #makeRoom(): Promise<void> | undefined {
    if (this.#waiting.size < MOST_CONNECTIONS) return undefined;
    const [oldest] = this.#waiting;
    this.#waiting.delete(oldest!);
    this.#end(oldest!);
    return this.#open.get(oldest!);
  }

  /** Closes it. What would have been sent next may be long in coming, or never come. */
  #end(connection: Deno.TcpConn): void {
    close(connection);
    this.#bodies.get(connection)?.cancel().catch(() => {});
  }

  async #exchange(connection: Deno.TcpConn): Promise<void> {
    const request = await readRequest(connection);
    const { status, headers, body } = request === undefined
      ? new Response(null, { status: 400 })
      : await this.#answer(request);
    const fields = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const reader = body?.getReader();
    if (reader !== undefined) this.#bodies.set(connection, reader);
    // A stream that fails is ended at once, even while the other side reads nothing.
    reader?.closed.catch(() => close(connection));
    try {
      await write(connection, this.#encoder.encode(`HTTP/1.1 ${status} \r\n${fields}connection: close\r\n\r\n`));
      // It has its answer, as far as there is one yet.
      if (headers.get("content-type") === "text/event-stream") this.#waiting.delete(connection);
      for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
        await write(connection, part.value);
      }
    } finally {
      await reader?.cancel();
    }
  }
}

async function write(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed before.
  }
}
