/** A page in a real browser that goes on: it is looked at and clicked over the DevTools protocol. */
import { chromiumCommand } from "./chromium.ts";

const POLL_MS = 50;
const LIMIT_MS = 60_000;

interface Reply {
  readonly id?: number;
  // deno-lint-ignore no-explicit-any
  readonly result?: any;
  readonly error?: { readonly message: string };
}

/** One page of one browser. */
export class BrowserPage implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  /** Resolves when none of the browser's processes can print any more. */
  readonly #silent: Promise<void>;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Reply>>();
  #lastId = 0;
  #session = "";

  private constructor(child: Deno.ChildProcess, silent: Promise<void>, profile: string, socket: WebSocket) {
    [this.#child, this.#silent, this.#profile, this.#socket] = [child, silent, profile, socket];
    socket.onmessage = ({ data }) => {
      const reply: Reply = JSON.parse(data);
      if (reply.id !== undefined) this.#waiting.get(reply.id)?.resolve(reply);
    };
  }

  /** Opens an address in a window of this size. */
  static async open(url: string, { width = 1000, height = 800 } = {}): Promise<BrowserPage> {
    const profile = await Deno.makeTempDir({ prefix: "corral-browser-" });
    const child = chromiumCommand(
      profile,
      ["--remote-debugging-port=0", `--window-size=${width},${height}`],
      "about:blank",
    ).spawn();
    await child.stdout.cancel();
    const { endpoint, silent } = listenTo(child);
    const socket = new WebSocket(await endpoint);
    await new Promise((resolve, reject) => [socket.onopen, socket.onerror] = [resolve, reject]);
    const page = new BrowserPage(child, silent, profile, socket);
    const { targetId } = await page.#call("Target.createTarget", { url });
    ({ sessionId: page.#session } = await page.#call("Target.attachToTarget", { targetId, flatten: true }));
    return page;
  }

  /** Goes to another address. */
  async go(url: string): Promise<void> {
    await this.#call("Page.navigate", { url });
  }

  /** The value of an expression in the page; it must be data. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#call("Runtime.evaluate", { expression, returnByValue: true });
    if (exceptionDetails !== undefined) {
      throw new Error(`Cannot evaluate ${expression}: ${Deno.inspect(exceptionDetails)}`);
    }
    return result.value;
  }

  /** Waits until an expression is true in the page. While what it names is not there, it is not. */
  async until(expression: string): Promise<void> {
    const end = performance.now() + LIMIT_MS;
    while (
      !await this.evaluate<boolean>(`(() => { try { return Boolean(${expression}); } catch { return false; } })()`)
    ) {
      if (performance.now() > end) {
        throw new Error(`The page never had ${expression}: ${await this.evaluate("document.body.innerText")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Shows the page as to a user who prefers light or dark. */
  async prefer(scheme: "light" | "dark"): Promise<void> {
    await this.#call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  }

  /** A picture of the page, as PNG. */
  async picture(): Promise<Uint8Array> {
    const { data } = await this.#call("Page.captureScreenshot", { format: "png" });
    return Uint8Array.fromBase64(data);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.#socket.send(JSON.stringify({ id: ++this.#lastId, method: "Browser.close" }));
    await this.#child.status;
    await closed;
    // Others than the first of its processes may still write into the profile.
    await this.#silent;
    await Deno.remove(this.#profile, { recursive: true });
  }

  // deno-lint-ignore no-explicit-any
  async #call(method: string, params: object): Promise<any> {
    const id = ++this.#lastId;
    const reply = Promise.withResolvers<Reply>();
    this.#waiting.set(id, reply);
    const session = this.#session === "" ? {} : { sessionId: this.#session };
    this.#socket.send(JSON.stringify({ id, method, params, ...session }));
    const { result, error } = await reply.promise;
    this.#waiting.delete(id);
    if (error !== undefined) throw new Error(`Cannot ${method}: ${error.message}`);
    return result;
  }
}

/** The browser says where it listens, and then much else. */
function listenTo(child: Deno.ChildProcess): { endpoint: Promise<string>; silent: Promise<void> } {
  let text = "";
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const read = async (): Promise<void> => {
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
      text = (text + part).slice(-10_000);
      const [, url] = /DevTools listening on (ws:\S+)/.exec(text) ?? [];
      if (url !== undefined) resolve(url);
    }
    reject(new Error(`The browser ended: ${text}`));
  };
  return { endpoint: promise, silent: read() };
}
