import type { ProjectFiles } from "../../own_process.ts";
import type { ResolvedLaunchOptions } from "../launch_options.ts";
import { type Grants, isHeld } from "./permissions.ts";

/** Where Deno fetches npm packages; `import` permissions do not govern that by themselves. */
const NPM_HOSTS = ["registry.npmjs.org", "registry.npmjs.org:443"];

/**
 * The hosts that a worker needs beside those it was granted, since a list of hosts replaces Deno's own: that of its module, and
 * that of this library, of which trusted modules import parts.
 *
 * @param libraryUrl Where this library came from.
 */
export function remoteHosts(
  { moduleUrl, trust }: ResolvedLaunchOptions,
  libraryUrl: string = import.meta.url,
): string[] {
  const moduleHost = moduleUrl === undefined ? undefined : hostOf(moduleUrl);
  const libraryHost = trust === "trusted" ? hostOf(libraryUrl) : undefined;
  return [libraryHost, moduleHost !== undefined && isHeld("import", moduleHost) ? moduleHost : undefined]
    .filter((host) => host !== undefined);
}

function hostOf(url: string): string | undefined {
  if (!isRemote(url)) return undefined;
  const { protocol, hostname, port } = new URL(url);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

function isRemote(url: string | undefined): boolean {
  return url !== undefined && /^https?:/.test(url);
}

/**
 * Decides what a worker may load from elsewhere. Cached modules only, unless `import` is granted.
 *
 * An untrusted worker has no use even of those, but `--no-remote` would also bar a module that is itself remote. Access to npm is
 * no matter of `import` permissions in Deno: it is open with `import: true`, with npm's registry among the hosts, or where nothing but the project's
 * `node_modules` is looked into, and closed otherwise, since a package's name could carry data out. An untrusted one whose module is itself remote may load from that host what the cache has.
 * See `docs/decisions/untrusted.md`.
 */
export function remoteFlags(
  { moduleUrl, trust }: ResolvedLaunchOptions,
  grants: Grants,
  { nodeModules }: ProjectFiles,
): string[] {
  const hosts = grants.get("import");
  if (hosts === true) return [];
  if (hosts !== undefined) {
    return nodeModules === "manual" || hosts.some((host) => NPM_HOSTS.includes(host)) ? [] : ["--no-npm"];
  }
  if (trust !== "untrusted") return ["--cached-only"];
  const host = moduleUrl?.startsWith("jsr:") ? hostOf(jsrUrl()) : moduleUrl && hostOf(moduleUrl);
  return [
    "--cached-only",
    // Without a list, whatever is in the cache could be read as text, from every host that Deno allows by itself.
    ...(host === undefined ? ["--no-remote"] : [`--allow-import=${host}`]),
    ...(moduleUrl?.startsWith("npm:") ? [] : ["--no-npm"]),
  ];
}

function jsrUrl(): string {
  const url = isHeld("env", "JSR_URL") ? Deno.env.get("JSR_URL") : undefined;
  return url !== undefined && isRemote(url) && URL.canParse(url) ? url : "https://jsr.io";
}
