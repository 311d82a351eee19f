// End-to-end tests of what the live page takes as a request: with the right token, and still none where two readers could understand it in two ways.
import { assertEquals, assertMatch } from "@std/assert";
import { PageServer } from "../../src/dashboard/server.ts";

const FIELDS = "Host: localhost\r\nContent-Type: application/json\r\n";
const BODY = '{"action":"pause"}';

/** Tells `body` the token as the query of an address, and gives it what answers to a text. Returns how often the pool was paused. */
async function withPage(
  body: (query: string, say: (text: string) => Promise<string>) => Promise<void>,
): Promise<number> {
  let pauses = 0;
  const control = { paused: false, size: 1, pause: () => void pauses++, resume() {}, resize() {}, kill: () => true };
  const server = new PageServer({ name: "p", control, start: () => 1 }, 0);
  try {
    const { port, search } = new URL(server.url);
    await body(search, async (text) => {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
      await connection.write(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
      // More never comes: a head that does not end is none then.
      await connection.closeWrite();
      return await new Response(connection.readable).text();
    });
  } finally {
    await server.close();
  }
  return pauses;
}

Deno.test("PageServer refuses a command whose length can be read in two ways", async () => {
  const fields = [
    "Content-Length: 18\r\nContent-Length: 18",
    "Content-Length: 18\r\nContent-Length: 0",
    "Content-Length: 0\r\nContent-Length: 18",
    "Content-Length: 18, 18",
    "Content-Length: +18",
    "Content-Length: 0x12",
    "Content-Length: 1.8e1",
    "Content-Length: 17.5",
    "Content-Length: 18:5",
    "Content-Length: 1 8",
    "Content-Length:",
    "Content-Length : 18",
    "Transfer-Encoding: chunked",
    "Content-Length: 18\r\nTransfer-Encoding: chunked",
    "Content-Length: 18\r\nTransfer-Encoding: identity",
    "Content-Length: 18\r\ntransfer-encoding:",
  ];
  const pauses = await withPage(async (query, say) => {
    for (const field of fields) {
      const answer = await say(`POST /control${query} HTTP/1.1\r\n${FIELDS}${field}\r\n\r\n${BODY}`);
      assertMatch(answer, /^HTTP\/1.1 400 /, field);
    }
  });
  assertEquals(pauses, 0);
});

Deno.test("PageServer refuses a host that is missing, is there twice, or is more than a host", async () => {
  const hosts = [
    "X: y",
    "Host:",
    "Host: localhost\r\nHost: localhost",
    "Host: localhost\r\nHost: attacker.example",
    "Host: localhost, localhost",
    "Host: attacker.example@localhost",
    "Host: localhost/",
    "Host: localhost?",
    "Host: localhost#",
    "Host: localhost\\",
    "Host: local host",
    "Host: localhost:",
    "Host: localhost:80:80",
    "Host : localhost",
    " Host: localhost",
    "X: y\nHost: localhost",
  ];
  await withPage(async (query, say) => {
    for (const host of hosts) {
      assertMatch(await say(`GET /${query} HTTP/1.1\r\n${host}\r\n\r\n`), /^HTTP\/1.1 400 /, host);
    }
  });
});

Deno.test("PageServer refuses a line or a field that only a lenient reader understands", async () => {
  await withPage(async (query, say) => {
    const lines = [
      `GET http://localhost/${query} HTTP/1.1`,
      `GET http://attacker.example/${query} HTTP/1.1`,
      `GET @localhost/${query} HTTP/1.1`,
      `GET .localhost/${query} HTTP/1.1`,
      `GET ${query} HTTP/1.1`,
      `GET #/${query} HTTP/1.1`,
      "OPTIONS * HTTP/1.1",
      "CONNECT localhost:80 HTTP/1.1",
      `TRACE /${query} HTTP/1.1`,
      `get /${query} HTTP/1.1`,
      `G\xffT /${query} HTTP/1.1`,
      `G\0T /${query} HTTP/1.1`,
      ` /${query} HTTP/1.1`,
      ` GET /${query} HTTP/1.1`,
      `GET\t/${query} HTTP/1.1`,
      `GET  /${query} HTTP/1.1`,
      `GET /\x7f${query} HTTP/1.1`,
      `GET /\xe9${query} HTTP/1.1`,
      `GET /${query}`,
      `GET /${query} HTTP/0.9`,
      `GET /${query} HTTP/2.0`,
      `GET /${query} HTTP/1.1 x`,
      `GET /${query} HTTP/1.1\n`,
      `GET /${query} HTTP/1.1\nHost: localhost\n\n`,
      ...[
        "X y: z",
        "X\t: y",
        "X",
        ": y",
        "X: y\r\n z",
        "X: y\n",
        "X: y\nZ: w",
        "X: y\r",
        "X: y\rZ: w",
        "X: y\0",
        "X: \xff",
        "\xff: y",
      ].map(
        (field) => `GET /${query} HTTP/1.1\r\n${field}`,
      ),
    ];
    for (const line of lines) assertMatch(await say(`${line}\r\n${FIELDS}\r\n`), /^HTTP\/1.1 400 /, line);
    const bare = `GET /${query} HTTP/1.1\nHost: localhost\n\n`;
    assertMatch(await say(bare), /^HTTP\/1.1 400 /, bare);
  });
});

Deno.test("PageServer answers one request of a connection, whatever follows it", async () => {
  const pauses = await withPage(async (query, say) => {
    const command = `POST /control${query} HTTP/1.1\r\n${FIELDS}Content-Length: 18\r\n\r\n${BODY}`;
    assertEquals(await say(command), "HTTP/1.1 204 \r\nconnection: close\r\n\r\n");
    assertEquals((await say(command + command)).match(/HTTP\/1.1 /g), ["HTTP/1.1 "]);
    const page = await say(`GET /${query} HTTP/1.0\r\nhOST:localhost:1\t\r\n\r\n${command}`);
    assertEquals(page.match(/HTTP\/1.1 /g), ["HTTP/1.1 "]);
  });
  assertEquals(pauses, 2);
});
