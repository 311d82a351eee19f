/**
 * Serves HTTP on the loopback interface, as little of it as the live page needs: one request and one answer for each connection.
 *
 * `Deno.serve()` has no limit for connections: who opened a thousand and said nothing, without any token, used up the program's descriptors. No
 * worker could start then, and the error of `accept()` ended the program. Nor does it ever end while a client does not finish its request.
 */
import { after, untilSettled } from "../timer.ts";

/** Beyond these, the one that has waited for its answer the longest goes. Who reads a stream is not one of them. */
const MOST_CONNECTIONS = 64;
const LONGEST_REQUEST = 16 * 1024;
/** When there is no descriptor for one more. */
const ACCEPT_PAUSE_MS = 100;
/** How long an answer may still take when the listener closes. */
const GRACE_MS = 1000;
const HEAD_END = [13, 10, 13, 10];

/** Listens on a port of 127.0.0.1. It does not keep the program alive. */
export class PageListener {
  readonly #listener: Deno.TcpListener;
  readonly #answer: (request: Request) => Promise<Response>;
  readonly #encoder = new TextEncoder();
  /** The oldest first. */
  readonly #waiting = new Set<Deno.TcpConn>();
  readonly #open = new Map<Deno.TcpConn, Promise<void>>();
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
    for (const connection of this.#waiting) close(connection);
    await untilSettled(Promise.all(this.#open.values()), { timeoutMs: GRACE_MS });
    for (const connection of this.#open.keys()) close(connection);
    await Promise.all(this.#open.values());
  }

  async #accept(): Promise<void> {
    while (!this.#closed) {
      try {
        this.#serve(await this.#listener.accept());
      } catch {
        if (!this.#closed) await new Promise<void>((resolve) => after(ACCEPT_PAUSE_MS, resolve).setReferenced(false));
      }
    }
  }

  #serve(connection: Deno.TcpConn): void {
    if (this.#closed) return close(connection);
    connection.unref();
    this.#waiting.add(connection);
    if (this.#waiting.size > MOST_CONNECTIONS) {
      const [oldest] = this.#waiting;
      this.#waiting.delete(oldest!);
      close(oldest!);
    }
    const served = this.#exchange(connection).catch(() => {}).finally(() => {
      this.#waiting.delete(connection);
      this.#open.delete(connection);
      close(connection);
    });
    this.#open.set(connection, served);
  }

  async #exchange(connection: Deno.TcpConn): Promise<void> {
    const request = await readRequest(connection);
    const { status, headers, body } = request === undefined
      ? new Response(null, { status: 400 })
      : await this.#answer(request);
    const fields = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const reader = body?.getReader();
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

/** The request that a connection has; `undefined` when it is none, or too long. */
async function readRequest(connection: Deno.TcpConn): Promise<Request | undefined> {
  const bytes = new Uint8Array(LONGEST_REQUEST);
  const decoder = new TextDecoder();
  let [used, bodyAt, length] = [0, 0, 0];
  let [line, ...fields]: string[] = [];
  while (bodyAt === 0 || used < bodyAt + length) {
    const count = await connection.read(bytes.subarray(used));
    if (count === null || count === 0) return undefined;
    const searchFrom = Math.max(0, used - HEAD_END.length);
    used += count;
    if (bodyAt > 0) continue;
    bodyAt = headEnd(bytes.subarray(0, used), searchFrom);
    if (bodyAt === 0) continue;
    [line, ...fields] = decoder.decode(bytes.subarray(0, bodyAt - HEAD_END.length)).split("\r\n");
    const header = fields.find((field) => /^content-length:/i.test(field));
    length = header === undefined ? 0 : Number(header.split(":")[1]);
    if (!(length >= 0 && bodyAt + length <= LONGEST_REQUEST)) return undefined;
  }
  return toRequest(line!, fields, length === 0 ? undefined : bytes.slice(bodyAt, bodyAt + length));
}

/** Where the head ends; 0 when it does not yet. */
function headEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(HEAD_END[0]!, from); at >= 0; at = bytes.indexOf(HEAD_END[0]!, at + 1)) {
    if (HEAD_END.every((byte, index) => bytes[at + index] === byte)) return at + HEAD_END.length;
  }
  return 0;
}

function toRequest(
  line: string,
  fields: readonly string[],
  body: Uint8Array<ArrayBuffer> | undefined,
): Request | undefined {
  try {
    const headers = new Headers(fields.map((field) => {
      const [name, ...value] = field.split(":");
      return [name!, value.join(":").trim()];
    }));
    const [method, target] = line.split(" ");
    const url = `http://${headers.get("host")}${target}`;
    return new Request(url, { method: method!, headers, ...(body === undefined ? {} : { body }) });
  } catch {
    return undefined;
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
