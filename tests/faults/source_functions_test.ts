/** End-to-end: Functions that are sent as source text: what they see of where they stood. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Pool } from "../../mod.ts";
import { runProgram } from "../helpers/program.ts";

const HINT = "is not an export of the pool's module, so it was sent as source text and";

class Invoice {
  rate = 0.25;
  withTax = (net: number): number => net * (1 + this.rate);
  nested = (nets: number[]): number[] => nets.map((net) => net * this.rate);
  later = async (net: number): Promise<number> => await Promise.resolve(net * this.rate);
  mark = (): void => void Object.assign(this, { rate: 1 });
  assign = (): number => this.rate = 1;
  method(net: number): number {
    return net * this.rate;
  }
}

Deno.test('Pool rejects with a TypeError that explains itself when a function that is sent as text uses "this"', async () => {
  await using pool = new Pool({ workers: 1 });
  const invoice = new Invoice();
  const calls: (() => PromiseLike<unknown>)[] = [
    () => pool.map(invoice.withTax, [100, 200]),
    () => pool.apply(invoice.withTax, [100]),
    () => pool.apply(invoice.nested, [[1, 2]]),
    () => pool.apply(invoice.later, [1]),
    () => pool.apply(invoice.mark),
    () => pool.apply(invoice.assign),
    () => pool.apply(invoice.method, [1]),
  ];
  for (const call of calls) {
    const error = await assertRejects(call, TypeError, `${HINT} "this" is undefined there`);
    assertStringIncludes(error.message, "export a function from the module");
  }
  assertEquals(await pool.apply(() => "rate" in globalThis), false);
});

Deno.test('Pool runs a function that is sent as text and has a "this" of its own', async () => {
  await using pool = new Pool({ workers: 1 });
  assertEquals(
    await pool.apply(() => {
      class Counter {
        count = 1;
        next = (): number => ++this.count;
      }
      return [1, 2].map(new Counter().next);
    }),
    [2, 3],
  );
  assertEquals(await pool.apply(() => ({ n: 2, double: (x: number) => x * 2 }).double(2) /* not this one */), 4);
  assertEquals(
    await pool.apply(new Function("return typeof this // the last line is a comment") as () => unknown),
    "undefined",
  );
});

Deno.test("Pool keeps a TypeError as it is when it has nothing to do with how the function was sent", async () => {
  await using pool = new Pool({ workers: 1 });
  const error = await assertRejects(() => pool.apply(() => (undefined as unknown as { a: 1 }).a), TypeError);
  assertEquals(error.message.includes(HINT), false);
});

Deno.test('Process explains a target that is sent as text and uses "this"', async () => {
  const { stderr } = await runProgram(`
    class Job { name = "job"; run = () => this.name; }
    const process = new corral.Process({ target: new Job().run });
    process.start();
    await process.join();
    process.close();
  `);
  assertStringIncludes(stderr, 'is not an export of the process\'s module, so it was sent as source text and "this"');
});

Deno.test("Pool explains a relative import of a function that is sent as text, and never looks for it in the library", async () => {
  await using pool = new Pool({ workers: 1, permissions: { read: true } });
  for (const path of ["./mod.ts", "../errors.ts", "./functions.ts", "../../../../../deno.json"]) {
    const load = new Function(`return async () => Object.keys(await import(${JSON.stringify(path)}))`)();
    await assertRejects(() => pool.apply(load), TypeError, "a relative import has no file to start from");
  }
  const absolute = (url: string): Promise<unknown> => import(url).then((module) => typeof module.assertEquals);
  const url = new URL(import.meta.resolve("../../offline/std/assert/mod.ts"));
  for (const place of [url.href, url.pathname]) assertEquals(await pool.apply(absolute, [place]), "function");
});
