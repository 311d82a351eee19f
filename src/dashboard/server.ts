/** The server of the live page: one page, one stream of events, and what may be done to the pool when that was asked for. */
import { PermissionError } from "../errors.ts";
import { MOST_WORKERS, page } from "./page.ts";
import { PageListener } from "./page_listener.ts";
import type { PoolControl } from "./source.ts";

const MOST_VIEWERS = 20;
/** Told as an event: of any other answer, a browser shows its page nothing. */
const TOO_MANY =
  `not connected: ${MOST_VIEWERS} pages are open, and no more can be; close one of them, and load this page again`;
/** A viewer that has so many messages unread is cut off; its browser connects again, and starts from what is true then. */
const MOST_UNREAD = 30;
const TOKEN_BYTES = 16;
const LONGEST_COMMAND = 1000;

/** What the server shows. */
export interface Shown {
  readonly name: string;
  /** What a viewer is told first. */
  start(): unknown;
  /** What can be done to the pool; `undefined` when nothing can. */
  readonly control: PoolControl | undefined;
}

/** Serves one pool's page on the loopback interface. */
export class PageServer {
  readonly #shown: Shown;
  readonly #listener: PageListener;
  readonly #token = token();
  readonly #viewers = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #encoder = new TextEncoder();
  /** Whether a viewer paused the pool here, and none has let it go on. */
  #isHeld = false;
  #isClosed = false;

  constructor(shown: Shown, port: number) {
    this.#shown = shown;
    try {
      this.#listener = new PageListener(port, (request) => this.#answer(request));
    } catch (error) {
      throw error instanceof Deno.errors.NotCapable ? mayNotListen(port) : error;
    }
  }

  /** The address with the token, for a browser. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.port}/?token=${this.#token}`;
  }

  /** Whether somebody looks. */
  get isWatched(): boolean {
    return this.#viewers.size > 0;
  }

  /** Tells all viewers. */
  send(event: string, data: unknown): void {
    if (!this.isWatched) return;
    const bytes = this.#message(event, data);
    for (const viewer of this.#viewers) {
      if ((viewer.desiredSize ?? 0) > 0) viewer.enqueue(bytes);
      else this.#cutOff(viewer);
    }
  }

  /** Ends the server and lets the viewers go; and the pool go on, which nobody here can do any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#isHeld) this.#shown.control?.resume();
    for (const viewer of this.#viewers) viewer.close();
    this.#viewers.clear();
    await this.#listener.close();
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (!this.#isOurs(url)) {
      return refusal(
        403,
        "Cannot show this page: the token is missing or wrong, open the address that the program printed",
      );
    }
    const route = `${request.method} ${url.pathname}`;
    if (route === "GET /") return page(this.#shown.name);
    if (route === "GET /events") return this.#watch();
    if (route === "POST /control") return await this.#command(request);
    return refusal(404, "There is nothing here");
  }

  /** The name of the host is checked too: a page elsewhere could make its own name lead here. */
  #isOurs(url: URL): boolean {
    return (url.hostname === "127.0.0.1" || url.hostname === "localhost") &&
      isSame(url.searchParams.get("token") ?? "", this.#token);
  }

  #watch(): Response {
    if (this.#viewers.size >= MOST_VIEWERS) return stream(this.#message("end", { reason: TOO_MANY }));
    let viewer: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        viewer = controller;
        this.#viewers.add(controller);
        controller.enqueue(this.#message("start", this.#shown.start()));
      },
      cancel: () => void this.#viewers.delete(viewer),
    }, { highWaterMark: MOST_UNREAD });
    return stream(body);
  }

  async #command(request: Request): Promise<Response> {
    const { control } = this.#shown;
    if (control === undefined) {
      return refusal(403, "Cannot change the pool: its page was opened without `control: true`");
    }
    // A form on another page can send neither this type nor this origin without asking first.
    const origin = request.headers.get("origin");
    if (request.headers.get("content-type") !== "application/json") {
      return refusal(415, "Cannot read the command: JSON is wanted");
    }
    if (origin !== null && origin !== new URL(request.url).origin) {
      return refusal(403, "Cannot take commands from another page");
    }
    const text = await request.text();
    if (this.#isClosed) return refusal(503, "Cannot change the pool: its page was closed");
    const action = text.length > LONGEST_COMMAND ? undefined : obey(control, text);
    if (action === undefined) return refusal(400, "Cannot read the command");
    if (action === "pause" || action === "resume") this.#isHeld = action === "pause";
    return new Response(null, { status: 204 });
  }

  #message(event: string, data: unknown): Uint8Array<ArrayBuffer> {
    return this.#encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** What it has not read is not kept for it. */
  #cutOff(viewer: ReadableStreamDefaultController<Uint8Array>): void {
    this.#viewers.delete(viewer);
    viewer.error();
  }
}

/** Does what a command says. Returns what that was; `undefined` when it is none. */
function obey(control: PoolControl, text: string): string | undefined {
  let command: unknown;
  try {
    command = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { action, value } = Object(command) as { action?: unknown; value?: unknown };
  if (action === "pause") control.pause();
  else if (action === "resume") control.resume();
  else if (typeof value !== "number" || !Number.isSafeInteger(value)) return undefined;
  else if (action === "resize" && value >= 1 && value <= MOST_WORKERS) control.resize(value);
  else if (action === "kill") control.kill(value);
  else return undefined;
  return action as string;
}

function stream(body: BodyInit): Response {
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
}

function refusal(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}

function mayNotListen(port: number): PermissionError {
  const address = port === 0 ? "127.0.0.1" : `127.0.0.1:${port}`;
  return new PermissionError(
    `Cannot serve the live page: this program may not listen there, run it with --allow-net=${address}`,
  );
}

function token(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  return bytes.reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "");
}

/** Compares in a time that does not tell how much of a guess is right. */
function isSame(guess: string, truth: string): boolean {
  let difference = guess.length ^ truth.length;
  for (let index = 0; index < truth.length; index++) difference |= guess.charCodeAt(index) ^ truth.charCodeAt(index);
  return difference === 0;
}
