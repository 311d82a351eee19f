/**
 * A registry like JSR on the loopback, to which `deno publish` itself uploads: so what programs get from it is what they would
 * get from JSR. The stand-ins of `@std` are served as the packages that they stand for.
 */
import { join } from "node:path";
import { MADE_PACKAGES } from "../programs/packages.ts";
import { buildPackages } from "../../../scripts/packaging/build_packages.ts";
import { TarStream } from "./tar_stream.ts";

const ROOT = new URL("../../../", import.meta.url);
const STAND_INS = ["assert", "async", "cli", "streams"];

interface Published {
  readonly exports: Record<string, string>;
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
}

/** The registry. */
export class JsrRegistry implements AsyncDisposable {
  /** Every path that was asked for. */
  readonly requests: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** Where what is published of this repository was made. */
  #built?: Promise<string>;
  /** By `@scope/name`, then by version. */
  readonly #packages = new Map<string, Map<string, Published>>();

  private constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  /** Opens it, with the stand-ins. */
  static async open(): Promise<JsrRegistry> {
    const registry = new JsrRegistry();
    for (const name of STAND_INS) await registry.#addStandIn(name);
    return registry;
  }

  /** What programs must have as `JSR_URL`. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Uploads the package of a folder of this repository, as it is published. */
  async publish(folder: string): Promise<void> {
    if (MADE_PACKAGES === undefined) this.#built ??= JsrRegistry.#build();
    const { success, stderr, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["publish", "--allow-dirty", "--no-check", "--no-provenance", "--token=any"],
      cwd: join(MADE_PACKAGES ?? `${await this.#built}/packages`, folder),
      env: { JSR_URL: this.url, NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder();
    if (!success) throw new Error(`Cannot publish ${folder}: ${text.decode(stdout)}${text.decode(stderr)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    if (this.#built !== undefined) await Deno.remove(await this.#built, { recursive: true });
  }

  static async #build(): Promise<string> {
    const folder = await Deno.makeTempDir({ prefix: "corral-packages-" });
    await buildPackages(`${folder}/packages`);
    return folder;
  }

  async #addStandIn(name: string): Promise<void> {
    const folder = new URL(`offline/std/${name}/`, ROOT);
    const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", folder)));
    const imports: Record<string, string> = config.imports ?? {};
    // What deno publish does: bare names become those of packages.
    const source = (await Deno.readTextFile(new URL("mod.ts", folder))).replaceAll(
      /(from |@ts-types=)"([^"]+)"/g,
      (all, before, specifier) => imports[specifier] === undefined ? all : `${before}"${imports[specifier]}"`,
    );
    const files = new Map([["/mod.ts", new TextEncoder().encode(source)]]);
    this.#add(`@std/${name}`, config.version.replace("-offline", ""), { exports: { ".": "./mod.ts" }, files });
  }

  #add(name: string, version: string, published: Published): void {
    const versions = this.#packages.get(name) ?? new Map();
    this.#packages.set(name, versions.set(version, published));
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    this.requests.push(`${request.method} ${pathname}`);
    if (pathname.startsWith("/api/")) return await this.#answerApi(request, pathname.slice("/api/".length));
    const [, name = "", rest = ""] = /^\/(@[^/]+\/[^/]+)\/(.*)$/.exec(pathname) ?? [];
    const versions = this.#packages.get(name);
    if (versions === undefined) return new Response("no such package", { status: 404 });
    if (rest === "meta.json") {
      const [scope, own] = name.slice(1).split("/");
      const list = Object.fromEntries([...versions.keys()].map((version) => [version, {}]));
      return Response.json({ scope, name: own, latest: [...versions.keys()].at(-1), versions: list });
    }
    const [, version = "", path] = /^([^/]+?)(?:_meta\.json|(\/.*))$/.exec(rest) ?? [];
    const published = versions.get(version);
    if (published === undefined) return new Response("no such version", { status: 404 });
    if (path === undefined) return Response.json(await metaOf(published));
    const file = published.files.get(path);
    return file === undefined ? new Response("no such file", { status: 404 }) : new Response(file);
  }

  async #answerApi(request: Request, path: string): Promise<Response> {
    const [, scope, name, version] = /^scopes\/([^/]+)\/packages\/([^/]+)(?:\/versions\/([^/?]+))?$/.exec(path) ?? [];
    if (request.method === "POST" && version !== undefined) {
      const files = new Map<string, Uint8Array<ArrayBuffer>>();
      for await (const { path, bytes } of TarStream.unpack(request.body!)) {
        files.set(`/${path.replace(/^\.?\//, "")}`, bytes);
      }
      const { exports } = JSON.parse(new TextDecoder().decode(files.get("/deno.json")));
      this.#add(`@${scope}/${name}`, version, {
        files,
        exports: typeof exports === "string" ? { ".": exports } : exports,
      });
      return Response.json({
        id: "1",
        status: "success",
        error: null,
        packageScope: scope,
        packageName: name,
        packageVersion: version,
      });
    }
    if (version !== undefined) {
      return Response.json({ code: "packageVersionNotFound", message: "none" }, { status: 404 });
    }
    if (path.startsWith("publish_status/")) return Response.json({ id: "1", status: "success", error: null });
    return Response.json({ scope, name, description: "", ...(name === undefined && { user: {} }) });
  }
}

async function metaOf({ exports, files }: Published): Promise<unknown> {
  const manifest: Record<string, unknown> = {};
  for (const [path, bytes] of files) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    manifest[path] = { size: bytes.length, checksum: `sha256-${digest.toHex()}` };
  }
  return { exports, manifest };
}
