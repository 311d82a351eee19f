/**
 * A managed dict from a child, beside CPython's `Manager().dict()` where `python3` may run:
 *
 *     deno bench --allow-read --allow-run=deno,python3 bench/manager_bench.ts
 */
import { type DictProxy, Manager, Pool } from "../mod.ts";

const CALLS = 1000;
const SCRIPT = new URL("manager_bench.py", import.meta.url);

const manager = new Manager();
const pool = new Pool({ workers: 1 });
const dict = manager.dict<number, number>();
await pool.ready();

async function setOften(dict: DictProxy<number, number>, calls: number): Promise<void> {
  for (let n = 0; n < calls; n++) await dict.set(n % 100, n);
}

async function setTogether(dict: DictProxy<number, number>, calls: number): Promise<void> {
  await Promise.all(Array.from({ length: calls }, (_, n) => dict.set(n % 100, n)));
}

async function addOften(dict: DictProxy<number, number>, calls: number): Promise<void> {
  for (let n = 0; n < calls; n++) await dict.add(n % 100, 1);
}

/** CPython's child, if it may run. */
class PythonChild {
  readonly #process = new Deno.Command("python3", {
    args: [SCRIPT.pathname],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  readonly #writer = this.#process.stdin.getWriter();
  readonly #lines = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();

  static async start(): Promise<PythonChild | undefined> {
    const { state } = await Deno.permissions.query({ name: "run", command: "python3" });
    if (state !== "granted") return undefined;
    const child = new PythonChild();
    await child.#line();
    return child;
  }

  async #line(): Promise<void> {
    const { done } = await this.#lines.read();
    if (done) throw new Error("CPython's side has ended, its stderr says why");
  }

  async setOften(calls: number): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(`${calls}\n`));
    await this.#line();
  }
}

const python = await PythonChild.start();
const group = `${CALLS} calls from a child`;

Deno.bench({
  group,
  name: "CPython: Manager().dict(), dict[key] = value",
  ignore: python === undefined,
  // An async function, or the runner would not wait.
  fn: async () => await python!.setOften(CALLS),
});

Deno.bench({ group, name: "dict.set(), one after another", baseline: true }, async () => {
  await pool.apply(setOften, [dict, CALLS]);
});

Deno.bench({ group, name: "dict.add(), one after another" }, async () => {
  await pool.apply(addOften, [dict, CALLS]);
});

Deno.bench({ group, name: "dict.set(), all at once" }, async () => {
  await pool.apply(setTogether, [dict, CALLS]);
});
