const ROOT = new URL("../../../", import.meta.url);

/** Serves the repository's sources on loopback while `body` runs. */
export async function withSources(body: (origin: string) => Promise<void>): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const path = new URL(request.url).pathname.slice(1);
    const text = await Deno.readTextFile(new URL(path, ROOT)).catch(() => undefined);
    if (text === undefined) return new Response("", { status: 404 });
    return new Response(text, { headers: { "content-type": "application/typescript" } });
  });
  try {
    await body(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}
