/** End-to-end: Functions that are sent as source text: what they see of where they stood. */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { EncodingError, FunctionNotFoundError, Pool, Process } from "../../../mod.ts";
import { runProgram } from "../../helpers/programs/program.ts";

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
  const url = new URL(import.meta.resolve("../../../offline/std/assert/mod.ts"));
  for (const place of [url.href, url.pathname]) assertEquals(await pool.apply(absolute, [place]), "function");
});

class Base {
  double(x: number): number {
    return 2 * x;
  }
}

class Derived extends Base {
  override double(x: number): number {
    return super.double(x) + 1;
  }
  name(): unknown {
    return super.toString;
  }
  field = (x: number): number => super.double(x);
  #hidden(x: number): number {
    return x;
  }
  shows(x: number): number {
    return this.#hidden(x);
  }
}

Deno.test('Pool explains "super" in a method that is sent as text, and never takes that of another object', async () => {
  await using pool = new Pool({ workers: 1 });
  const derived = new Derived();
  for (const method of [derived.double, derived.name]) {
    await assertRejects(() => pool.apply(method, [1]), TypeError, `${HINT} "super" has no class there`);
  }
});

Deno.test("Pool says why a text does not stand on its own", async () => {
  await using pool = new Pool({ workers: 1 });
  const derived = new Derived();
  const refused: [fn: (x: number) => unknown, reason: string][] = [
    [derived.field, "'super' keyword unexpected here"],
    [derived.shows, "Private field '#hidden' must be declared in an enclosing class"],
    [() => import.meta.url, "Cannot use 'import.meta' outside a module"],
  ];
  for (const [fn, reason] of refused) {
    const error = await assertRejects(() => pool.apply(fn, [1]), FunctionNotFoundError);
    assertStringIncludes(
      error.message,
      `its source text does not stand on its own (${reason}), export it from a module`,
    );
  }
});

Deno.test("Pool runs methods of every form that are sent as text", async () => {
  await using pool = new Pool({ workers: 1 });
  const object = {
    get total() {
      return (x: number) => x;
    },
    get sum() {
      return 3;
    },
    async later(x: number) {
      return await x;
    },
    [Symbol.iterator](x: number) {
      return x + 1;
    },
    5(x: number) {
      return x + 5;
    },
    "with space"(x: number) {
      return x + 6;
    },
  };
  const getter = (name: string) => Object.getOwnPropertyDescriptor(object, name)!.get!;
  // The getter is the function; what it returns is its result.
  await assertRejects(() => pool.apply(getter("total")), EncodingError, "a function");
  assertEquals(await pool.apply(getter("sum")), 3);
  const methods: ((x: number) => number | Promise<number>)[] = [
    object.later,
    object[Symbol.iterator],
    object[5],
    object["with space"],
  ];
  assertEquals(await Promise.all(methods.map((method) => pool.apply(method, [1]))), [1, 2, 6, 7]);
});

Deno.test("Pool runs built-ins that Deno has written in JavaScript", async () => {
  await using pool = new Pool({ workers: 1 });
  assertEquals(await pool.apply(atob, ["YQ=="]), "a");
  assertEquals((await pool.apply(crypto.randomUUID)).length, 36);
  assertEquals(typeof await pool.apply(performance.now), "number");
});

Deno.test("Pool and Process refuse a class at once, and say what to send", async () => {
  await using pool = new Pool({ workers: 1 });
  const wanted = "Cannot run Base: it is a class, wanted a function, for example one that calls new Base(…)";
  await assertRejects(() => pool.apply(Base as never), TypeError, wanted);
  await assertRejects(() => pool.apply(URL as never, ["http://a"]), TypeError, "Cannot run URL: it is a class");
  assertThrows(() => new Process({ target: Base as never }).start(), TypeError, wanted);
});

Deno.test("An export whose text was sent is not said to be none of the module's, in a map or alone", async () => {
  const read: () => unknown = new Function("return () => nowhere")();
  const module = `data:text/javascript,${encodeURIComponent(`export const read = ${read};`)}`;
  await using pool = new Pool({ workers: 1, module });
  for (const call of [() => pool.apply(read), () => pool.map(read, [1, 2])]) {
    assertEquals((await assertRejects(call, ReferenceError)).message, "nowhere is not defined");
  }
});
