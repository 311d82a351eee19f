// End-to-end. What a task returns or throws may be hard to look at: that is its own affair, and harms no worker.
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { EncodingError, Pool } from "../../mod.ts";

const fail = (): never => {
  throw new RangeError("looked at");
};

/** Each is sent as text, so it makes what it returns or throws by itself. */
const odd: Record<string, () => unknown> = {
  "returns an object whose then throws": () => ({
    get then() {
      throw new RangeError("looked at");
    },
  }),
  "returns a promise whose constructor throws": () =>
    Object.defineProperty(Promise.resolve(1), "constructor", {
      get() {
        throw new RangeError("looked at");
      },
    }),
  "throws a frozen error about a name": () => {
    throw Object.freeze(new ReferenceError("looked at"));
  },
  "throws an error whose message is a getter": () => {
    throw Object.defineProperty(new ReferenceError("m"), "message", { get: () => "looked at" });
  },
};

for (const [what, fn] of Object.entries(odd)) {
  Deno.test(`Pool rejects a call that ${what}, and the worker goes on`, async () => {
    await using pool = new Pool({ workers: 1 });
    const pid = await pool.apply(() => Deno.pid);
    await assertRejects(() => pool.apply(fn), Error, "looked at");
    await assertRejects(() => pool.map(fn, [1, 2]), Error, "looked at");
    assertEquals(await pool.apply(() => Deno.pid), pid);
  });
}

Deno.test("Pool awaits what a task returns also where that is a function with a then()", async () => {
  await using pool = new Pool({ workers: 1 });
  const query = (n: number) => Object.assign(() => n, { then: (resolve: (value: number) => void) => resolve(n * 2) });
  assertEquals([await pool.apply(query, [1]), await pool.map(query, [2, 3])], [2, [4, 6]]);
});

Deno.test("Pool rejects with EncodingError when what a task threw cannot be looked at, and the worker goes on", async () => {
  await using pool = new Pool({ workers: 1 });
  const pid = await pool.apply(() => Deno.pid);
  const calls: (() => PromiseLike<unknown>)[] = [
    () =>
      pool.apply(() => {
        throw new Response("no");
      }),
    () => pool.apply(() => Promise.reject(Symbol("no"))),
    () =>
      pool.map(() => {
        throw new Response("no");
      }, [1, 2]),
    () =>
      pool.apply(() => {
        throw new Proxy(new Error("no"), {
          getPrototypeOf() {
            throw 1;
          },
        });
      }),
  ];
  for (const call of calls) {
    await assertRejects(call, EncodingError, "Cannot send what the task threw, throw an Error instead: $: ");
  }
  assertEquals(await pool.apply(() => Deno.pid), pid);
});

Deno.test("Pool rejects a call that returns a revoked proxy or a generator, and the worker goes on", async () => {
  await using pool = new Pool({ workers: 1 });
  const pid = await pool.apply(() => Deno.pid);
  const revoked = (): object => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  };
  await assertRejects(() => pool.apply(revoked), TypeError, "revoked");
  await assertRejects(
    () => pool.apply(() => ({ a: 1, b: (function* () {})() })),
    EncodingError,
    "$.b: an instance of Generator",
  );
  assertInstanceOf(await pool.apply(fail).catch((error) => error), RangeError);
  assertEquals(await pool.apply(() => Deno.pid), pid);
});
