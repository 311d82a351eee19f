import { LIBRARY, PACKAGES } from "../programs/packages.ts";

const ROOT = new URL("../../../", import.meta.url);
const TYPES: Readonly<Record<string, string>> = { js: "text/javascript", json: "application/json" };

/** Serves the repository's sources on loopback while `body` runs. */
export async function withSources(body: (origin: string) => Promise<void>): Promise<void> {
  await served(ROOT, body);
}

/** Serves what programs of tests import on loopback while `body` runs, which is given the URL of the library. */
export async function withLibrary(body: (library: string) => Promise<void>): Promise<void> {
  await served(PACKAGES, (origin) => body(`${origin}/${LIBRARY.slice(PACKAGES.href.length)}`));
}

async function served(folder: URL, body: (origin: string) => Promise<void>): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const path = new URL(request.url).pathname.slice(1);
    const text = await Deno.readTextFile(new URL(path, folder)).catch(() => undefined);
    if (text === undefined) return new Response("", { status: 404 });
    const type = TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/typescript";
    return new Response(text, { headers: { "content-type": type } });
  });
  try {
    await body(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}
