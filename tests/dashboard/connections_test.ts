// End-to-end tests of what connections to the live page cost, most of which need no token: those that say nothing, or never end, or cannot be read.
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { PageListener } from "../../src/dashboard/page_listener.ts";
import { PageServer } from "../../src/dashboard/server.ts";
import { descriptorsOf, until } from "../helpers/programs/processes.ts";
import { RunningProgram, runProgram } from "../helpers/programs/program.ts";

const SERVER = import.meta.resolve("../../src/dashboard/server.ts");
const LIMIT_MS = 60_000;
const flags = ["--allow-run", "--allow-net=127.0.0.1"];

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function connect(url: string): Promise<Deno.TcpConn> {
  // Where nobody accepts, a connection waits for ever.
  return Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port), signal: AbortSignal.timeout(60_000) });
}

/** Says why a program's page cannot be reached: how it ended, by this signal if it still ran, and what it said. */
async function explain(error: unknown, program: RunningProgram): Promise<never> {
  try {
    program.child.kill("SIGABRT");
  } catch {
    // It had ended before.
  }
  const status = await program.child.status;
  throw new Error(`${error}; ${JSON.stringify(status)}, ${await program.stderr}`);
}

/** All that is answered to these bytes; what is there before the connection is reset, if it is. */
async function exchange(url: string, text: string, piece = text.length): Promise<string> {
  using connection = await connect(url);
  let answer = "";
  try {
    for (let at = 0; at < text.length; at += piece) await connection.write(bytes(text.slice(at, at + piece)));
    for await (const part of connection.readable.values({ preventCancel: true })) {
      answer += new TextDecoder().decode(part);
    }
  } catch {
    // Closed before all was said.
  }
  return answer;
}

async function withServer(body: (server: PageServer) => Promise<void>): Promise<void> {
  const server = new PageServer({ name: "p", control: undefined, start: () => ({ hello: 1 }) }, 0);
  try {
    await body(server);
  } finally {
    await server.close();
  }
}

Deno.test({
  name: "A thousand connections that say nothing take neither the program's descriptors nor its page",
  ignore: Deno.build.os === "windows",
  async fn() {
    const body = `await using pool = new Pool({ workers: 2 });
      await using dashboard = await pool.serveDashboard();
      console.log(dashboard.url);
      await Deno.stdin.read(new Uint8Array(1));
      console.log((await pool.map(Math.sqrt, [1, 4, 9])).join());`;
    await using program = new RunningProgram(body, { flags, stdin: "piped", descriptors: 128 });
    const url = await program.line();
    const connections: Deno.TcpConn[] = [];
    for (let n = 0; n < 1000; n++) {
      const connection = await connect(url).catch((error) => explain(error, program));
      connections.push(connection);
      if (n % 2 === 0) await connection.write(bytes("GET / HT")).catch(() => {});
    }
    const response = await fetch(url);
    assertMatch(await response.text(), /^<!doctype html>/);
    await program.send("x");
    assertEquals(await program.line(), "1,2,3");
    assertEquals((await program.child.status).code, 0);
    for (const connection of connections) connection.close();
  },
});

Deno.test({
  name: "Connections that come all at once take no more descriptors than those that come one by one",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const body = `import { PageServer } from ${JSON.stringify(SERVER)};
      console.log(new PageServer({ name: "p", control: undefined, start: () => 1 }, 0).url);
      await Deno.stdin.read(new Uint8Array(1));`;
    await using program = new RunningProgram(body, { flags, stdin: "piped" });
    const url = await program.line();
    const before = await descriptorsOf(program.pid);
    const connections: Deno.TcpConn[] = [];
    for (let burst = 0; burst < 10; burst++) {
      connections.push(...await Promise.all(Array.from({ length: 50 }, () => connect(url))));
      // 64 wait, one was accepted, and another is being closed for it.
      assertLess(await descriptorsOf(program.pid) - before, 64 + 8);
    }
    for (const connection of connections) connection.close();
  },
});

Deno.test("The end of the page waits neither for a request that never ends nor for a viewer who does not read", async () => {
  const body = `import { PageServer } from ${JSON.stringify(SERVER)};
    const server = new PageServer({ name: "p", control: undefined, start: () => 1 }, 0);
    const { port, search } = new URL(server.url);
    const say = async (line, rest) => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
      await connection.write(new TextEncoder().encode(line + " HTTP/1.1\\r\\nhost: 127.0.0.1\\r\\n" + rest));
    };
    await say("POST /control", "content-length: 100\\r\\n\\r\\n{");
    await say("GET /events" + search, "\\r\\n");
    while (!server.isWatched) await new Promise((resolve) => setTimeout(resolve, 10));
    for (let n = 0; n < 20; n++) server.send("state", "x".repeat(1 << 20));
    await server.close();
    console.log("closed");`;
  const { code, stdout, stderr } = await runProgram(body, { flags });
  assertEquals([code, stdout, stderr], [0, "closed\n", ""]);
});

const PARTS = {
  "without an end": () => new ReadableStream({ pull: (parts) => parts.enqueue(new Uint8Array(1 << 16)) }),
  "that does not come": () => new ReadableStream({ pull: () => new Promise(() => {}) }),
};

for (const [what, bodyOf] of Object.entries(PARTS)) {
  Deno.test(`Many who do not read an answer ${what} keep neither others nor the end of the page waiting`, async () => {
    const answer = (request: Request) =>
      Promise.resolve(new Response(request.url.endsWith("/") ? "short" : bodyOf() as BodyInit));
    const listener = new PageListener(0, answer);
    const url = `http://127.0.0.1:${listener.port}/`;
    using connections = new DisposableStack();
    // The oldest goes with the 65th, and the page's own is one more.
    for (let n = 0; n < 65; n++) {
      const connection = connections.use(await connect(url));
      await connection.write(bytes("GET /long HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"));
      // It has its answer, as far as that is to be had.
      assertEquals(await connection.read(new Uint8Array(8)), 8);
    }
    const short = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
    assertEquals(await short.text(), "short");
    let hasClosed = false;
    const closing = listener.close().then(() => hasClosed = true);
    assert(await until(() => hasClosed, LIMIT_MS), "it still waits");
    await closing;
  });
}

Deno.test("A viewer who reads slowly misses nothing, and one who reads nothing keeps nothing from others", async () => {
  await withServer(async (server) => {
    const { search } = new URL(server.url);
    const ask = bytes(`GET /events${search} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    using slow = await connect(server.url);
    using deaf = await connect(server.url);
    await slow.write(ask);
    await deaf.write(ask);
    const piece = new Uint8Array(1 << 14);
    const decoder = new TextDecoder();
    let got = "";
    const readUntil = async (mark: string): Promise<void> => {
      while (!got.includes(mark)) {
        const count = await slow.read(piece);
        assert(count !== null, "it was cut off");
        got = got.slice(-mark.length) + decoder.decode(piece.subarray(0, count));
      }
      got = got.slice(got.indexOf(mark) + mark.length);
    };
    await readUntil("event: start");
    for (let n = 0; n < 100; n++) {
      // It is a few messages behind, always.
      server.send("state", { n, text: "x".repeat(1 << 16) });
      if (n >= 10) await readUntil(`"n":${n - 10},`);
    }
    server.send("end", { reason: "enough" });
    for (let n = 90; n < 100; n++) await readUntil(`"n":${n},`);
    await readUntil('"reason":"enough"');
  });
});

Deno.test("What a viewer who is cut off has not read is not kept for it", async () => {
  await withServer(async (server) => {
    using connection = await connect(server.url);
    await connection.write(bytes(`GET /events${new URL(server.url).search} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`));
    const head = new Uint8Array(1000);
    await connection.read(head);
    const text = "x".repeat(1 << 20);
    let sent = 0;
    for (; server.isWatched; sent++) {
      server.send("state", { text });
      await new Promise((resolve) => setTimeout(resolve));
    }
    let got = 0;
    try {
      for await (const part of connection.readable.values({ preventCancel: true })) got += part.length;
    } catch {
      // It is reset.
    }
    // What lay in the sockets is on its way. Thirty messages were not.
    assertLess(got, (sent - 20) * text.length);
  });
});

Deno.test("PageServer answers a request that comes byte by byte, and closes the connection of what is none", async () => {
  await withServer(async (server) => {
    const { search } = new URL(server.url);
    const good = `GET /${search} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    assertMatch(await exchange(server.url, good, 1), /^HTTP\/1.1 200 .*\r\nconnection: close\r\n\r\n<!doctype html>/s);
    const bad = [
      "\r\n\r\n",
      "GET\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      `TRACE /${search} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      `GET /${search} HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n`,
      `GET /${search} HTTP/1.1\r\nHost: localhost\r\nno field\r\n\r\n`,
      ...["-1", "x", "99999999999999999999", "4294967296", "1, 2"].map((length) =>
        `POST /control${search} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n{}`
      ),
      `GET /${search} HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
      "\0".repeat(100_000),
    ];
    for (const text of bad) {
      assertMatch(await exchange(server.url, text), /^(HTTP\/1.1 40[03] .*)?$/s, text.slice(0, 200));
    }
    assert((await exchange(server.url, good)).length > 1000);
  });
});
