/** A registry of npm and one of JSR on the loopback, for packages that a test makes up. */

/** Packages by name, and their versions: for npm the text of `index.js` and dependencies, for JSR that of `mod.ts`. */
export type Packages = Record<string, Record<string, { text: string; dependencies?: Record<string, string> }>>;

/** The variables that lead Deno there, as long as the server runs. */
export class Registries implements AsyncDisposable {
  readonly npm: Packages = {};
  readonly jsr: Packages = {};
  readonly env: Record<string, string>;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #origin: string;

  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      ({ url }) => this.#answer(new URL(url)),
    );
    this.#origin = `http://127.0.0.1:${this.#server.addr.port}`;
    this.env = { NPM_CONFIG_REGISTRY: `${this.#origin}/npm/`, JSR_URL: `${this.#origin}/jsr/` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer({ pathname }: URL): Promise<Response> {
    const [, registry, ...path] = decodeURIComponent(pathname).split("/");
    const answer = registry === "npm" ? await this.#answerNpm(path.join("/")) : await this.#answerJsr(path);
    return answer ?? new Response("not found", { status: 404 });
  }

  async #answerNpm(path: string): Promise<Response | undefined> {
    const [name = "", file] = path.split("/-/");
    const versions = this.npm[name];
    if (versions === undefined) return undefined;
    if (file !== undefined) {
      const version = /-(\d+\.\d+\.\d+)\.tgz$/.exec(file)![1]!;
      return new Response(await tarball(name, version, versions[version]!.text));
    }
    const entries = await Promise.all(
      Object.entries(versions).map(async ([version, { text, dependencies = {} }]) => {
        const hash = await crypto.subtle.digest("SHA-512", await tarball(name, version, text));
        const dist = {
          tarball: `${this.#origin}/npm/${name}/-/${name}-${version}.tgz`,
          integrity: `sha512-${new Uint8Array(hash).toBase64()}`,
        };
        return [version, { name, version, dependencies, dist }];
      }),
    );
    return Response.json({ name, "dist-tags": { latest: latest(versions) }, versions: Object.fromEntries(entries) });
  }

  async #answerJsr([scope, name, file, module]: string[]): Promise<Response | undefined> {
    const versions = this.jsr[`${scope}/${name}`];
    if (versions === undefined) return undefined;
    if (file === "meta.json") {
      const listed = Object.fromEntries(Object.keys(versions).map((version) => [version, {}]));
      return Response.json({ scope: scope!.slice(1), name, latest: latest(versions), versions: listed });
    }
    const text = versions[file!.replace("_meta.json", "")]?.text;
    if (text === undefined) return undefined;
    if (module === "mod.ts") return new Response(text, { headers: { "content-type": "text/typescript" } });
    const bytes = new TextEncoder().encode(text);
    const checksum = `sha256-${new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()}`;
    return Response.json({
      manifest: { "/mod.ts": { size: bytes.length, checksum } },
      exports: { ".": "./mod.ts", "./mod": "./mod.ts" },
    });
  }
}

function latest(versions: Record<string, unknown>): string {
  return Object.keys(versions).sort().at(-1)!;
}

async function tarball(name: string, version: string, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const manifest = JSON.stringify({ name, version, type: "module", exports: { ".": "./index.js", "./*": "./*" } });
  const files: [string, string][] = [["package/package.json", manifest], ["package/index.js", text]];
  const tar = new Blob([...files.flatMap(([path, content]) => tarEntry(path, content)), new Uint8Array(1024)]);
  // The header of gzip that this makes has no time in it: the bytes are the same each time.
  return await new Response(tar.stream().pipeThrough(new CompressionStream("gzip"))).bytes();
}

function tarEntry(path: string, text: string): Uint8Array<ArrayBuffer>[] {
  const encoder = new TextEncoder();
  const content = encoder.encode(text);
  const header = new Uint8Array(512);
  const put = (offset: number, value: string): void => header.set(encoder.encode(value), offset);
  put(0, path);
  put(100, "0000644\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  put(124, `${content.length.toString(8).padStart(11, "0")}\0`);
  put(136, "00000000000\0");
  put(148, "        ");
  put(156, "0");
  put(257, "ustar\0" + "00");
  put(148, `${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `);
  return [header, content, new Uint8Array((512 - content.length % 512) % 512)];
}
