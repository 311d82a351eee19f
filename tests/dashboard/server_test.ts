// End-to-end tests of the live page's server: who may look, who may act, and what a viewer who does not read costs.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { PageServer } from "../../src/dashboard/server.ts";
import type { PoolControl } from "../../src/dashboard/source.ts";

/** A control that writes down what it is told. */
class NotedControl implements PoolControl {
  readonly notes: string[] = [];
  paused = false;
  size = 2;

  pause(): void {
    this.notes.push("pause");
  }
  resume(): void {
    this.notes.push("resume");
  }
  resize(workers: number): void {
    this.notes.push(`resize ${workers}`);
  }
  kill(workerId: number): boolean {
    this.notes.push(`kill ${workerId}`);
    return true;
  }
}

async function withServer(
  control: PoolControl | undefined,
  body: (server: PageServer) => Promise<void>,
): Promise<void> {
  const server = new PageServer({ name: "<pool> & co", control, start: () => ({ hello: 1 }) }, 0);
  try {
    await body(server);
  } finally {
    await server.close();
  }
}

function at(server: PageServer, path: string): string {
  const url = new URL(server.url);
  url.pathname = path;
  return url.href;
}

async function statusOf(url: string, init?: RequestInit): Promise<number> {
  const response = await fetch(url, init);
  await response.body?.cancel();
  return response.status;
}

const COMMAND: RequestInit = {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: '{"action":"pause"}',
};

Deno.test("PageServer shows nothing without its token, nor under another name of the host", async () => {
  await withServer(undefined, async (server) => {
    const { origin, host, search } = new URL(server.url);
    for (const path of ["/", "/events", "/?token=", `/${search}0`, `/${search.slice(0, -1)}`, "/events?token=x"]) {
      assertEquals(await statusOf(origin + path), 403, path);
    }
    assertEquals(await statusOf(at(server, "/other")), 404);
    assertEquals(await statusOf(server.url, { method: "DELETE" }), 404);
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(host.split(":")[1]) });
    const request = `GET /${search} HTTP/1.1\r\nhost: attacker.example:80\r\nconnection: close\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    assertMatch(await new Response(connection.readable).text(), /^HTTP\/1.1 403/);
  });
});

Deno.test("PageServer's page may load nothing, and shows a name as text", async () => {
  await withServer(undefined, async (server) => {
    const response = await fetch(server.url);
    const policy = response.headers.get("content-security-policy")!;
    assertMatch(
      policy,
      /^default-src 'none'; connect-src 'self'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+';/,
    );
    assertStringIncludes(await response.text(), '<h1 id="name">&#60;pool&#62; &#38; co</h1>');
  });
});

Deno.test("PageServer takes no command without control, and only its own page's with it", async () => {
  await withServer(undefined, async (server) => {
    assertEquals(await statusOf(at(server, "/control"), COMMAND), 403);
  });
  const control = new NotedControl();
  await withServer(control, async (server) => {
    const url = at(server, "/control");
    assertEquals(await statusOf(url, { ...COMMAND, headers: { "content-type": "text/plain" } }), 415);
    const foreign = { "content-type": "application/json", origin: "http://attacker.example" };
    assertEquals(await statusOf(url, { ...COMMAND, headers: foreign }), 403);
    const bad = [
      "",
      "{",
      "null",
      "[]",
      '{"action":"constructor"}',
      '{"action":"resize","value":0}',
      '{"action":"resize","value":1e99}',
      '{"action":"resize","value":1025}',
      '{"action":"kill"}',
      `"${"x".repeat(2000)}"`,
    ];
    for (const body of bad) assertEquals(await statusOf(url, { ...COMMAND, body }), 400, body);
    assertEquals(control.notes, []);
    for (
      const command of [{ action: "pause" }, { action: "resume" }, { action: "resize", value: 5 }, {
        action: "kill",
        value: 0,
      }]
    ) {
      assertEquals(await statusOf(url, { ...COMMAND, body: JSON.stringify(command) }), 204);
    }
    assertEquals(control.notes, ["pause", "resume", "resize 5", "kill 0"]);
  });
});

Deno.test("PageServer tells a viewer the start, then each event, and cuts off one that does not read", async () => {
  await withServer(undefined, async (server) => {
    const response = await fetch(at(server, "/events"));
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await reader.read()).value, 'event: start\ndata: {"hello":1}\n\n');
    server.send("state", { n: 2 });
    assertEquals((await reader.read()).value, 'event: state\ndata: {"n":2}\n\n');
    const text = "x".repeat(1 << 20);
    for (let n = 0; n < 200 && server.isWatched; n++) {
      server.send("state", { text });
      await new Promise((resolve) => setTimeout(resolve));
    }
    assertEquals(server.isWatched, false);
    await reader.cancel();
  });
});

Deno.test("PageServer has room for twenty viewers, and tells others that too many watch", async () => {
  await withServer(undefined, async (server) => {
    const responses = await Promise.all(Array.from({ length: 20 }, () => fetch(at(server, "/events"))));
    const surplus = await fetch(at(server, "/events"));
    // A browser shows its page nothing of an answer that is not a stream of events.
    assertEquals([surplus.status, surplus.headers.get("content-type")], [200, "text/event-stream"]);
    assertMatch(await surplus.text(), /^event: end\ndata: \{"reason":"not connected: 20 pages are open, .+"\}\n\n$/);
    await Promise.all(responses.map((response) => response.body!.cancel()));
  });
});
