/** No pool: what the machine, its pipes and a bare `deno run` can do. */
import { CORE, TwoDenos } from "../../../start/floors.ts";
import { bursts, burstsAround, firstBurst } from "./bare_calls.ts";
import { EchoPartner } from "./echo_partner.ts";
import { LinePartner } from "./line_partner.ts";
import { main } from "../main.mjs";
import { MemoryWatch } from "../memory_watch.ts";
import { encodeRecords, RecordPartner } from "./record_partner.ts";
import { recordsOf } from "../records.mjs";
import { residentMiB } from "../resident.mjs";
import { type Parameters, warmDurations } from "../rows.mjs";
import { countPrimes } from "../tasks.mjs";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function bareDeno(program: string, ...args: string[]): Deno.Command {
  const path = new URL(program, import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-config", path, ...args],
    stdin: "piped",
    stdout: "piped",
  });
}

/** A child that answers each message with bytes; how many is known. */
class Partner implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reader: ReadableStreamBYOBReader;

  constructor(command: Deno.Command) {
    this.#process = command.spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#reader = this.#process.stdout.getReader({ mode: "byob" });
  }

  async ask(message: Uint8Array<ArrayBuffer>, answerBytes: number): Promise<string> {
    await this.#writer.write(message);
    const answer = await this.#reader.read(new Uint8Array(answerBytes), { min: answerBytes });
    return new TextDecoder().decode(answer.value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#reader.cancel();
    await this.#process.status;
  }
}

/** Echoes of as many bytes as a call has, when so many have gone before. */
async function echoes(before: number, count: number): Promise<number[]> {
  const cat = () => new Deno.Command("cat", { stdin: "piped", stdout: "piped" });
  await using partner = new EchoPartner(Deno.args[0] === "cat" ? cat() : bareDeno("echo.ts"));
  const message = new TextEncoder().encode('["run",-1,[[12345,1,1,0,[12345]]]]');
  const samples: number[] = [];
  for (let n = -before; n < count; n++) {
    const startedAt = performance.now();
    await partner.ask(message);
    if (n >= 0) samples.push((performance.now() - startedAt) * 1000);
  }
  return samples;
}

async function scaling(parts: number, limit: number, repeats: number): Promise<number[]> {
  await using one = new Partner(bareDeno("primes.ts", String(limit)));
  await using other = new Partner(bareDeno("primes.ts", String(limit)));
  const half = (child: Partner) => child.ask(new TextEncoder().encode(`${parts / 2}\n`), 5);
  await Promise.all([half(one), half(other)]);
  const samples: number[] = [];
  countPrimes(limit);
  for (let n = 0; n < repeats; n++) {
    const startedAt = performance.now();
    for (let part = 0; part < parts; part++) countPrimes(limit);
    const aloneAt = performance.now();
    await Promise.all([half(one), half(other)]);
    samples.push((aloneAt - startedAt) / (performance.now() - aloneAt));
  }
  return samples;
}

/** A child that answers each call by a write of its own, or all calls of one read together. */
function openLines(): LinePartner {
  return new LinePartner(bareDeno(Deno.args[0] === "deno-each" ? "calls.ts" : "lines.ts"));
}

/** Gives chunks, by their number, to two partners, of which each gets the next when it has answered. */
async function shareOut(
  chunkCount: number,
  partners: readonly RecordPartner[],
  ask: (partner: RecordPartner, chunk: number) => Promise<unknown[]>,
): Promise<unknown[]> {
  let next = 0;
  const results: unknown[][] = [];
  await Promise.all(partners.map(async (partner) => {
    for (let chunk; (chunk = next++) < chunkCount;) results[chunk] = await ask(partner, chunk);
  }));
  return results.flat();
}

/** Records as lines of JSON, chunk after chunk to each of two children, without a large text or a new buffer anywhere. */
async function passRecords(
  task: string,
  { count, size, ...times }: Parameters,
  isEncodedFirst = false,
): Promise<{ samples: number[] }> {
  await using one = new RecordPartner(bareDeno("records.ts", task));
  await using other = new RecordPartner(bareDeno("records.ts", task));
  const records = recordsOf(count);
  const chunks = Array.from({ length: count / size }, (_, chunk) => records.slice(chunk * size, (chunk + 1) * size));
  const buffers = isEncodedFirst ? chunks.map(() => new Uint8Array(size * 2048)) : [];
  return await warmDurations(times, async () => {
    // As of calls that are submitted at once: none can leave before the last is encoded.
    const encoded = buffers.map((buffer, chunk) => encodeRecords(chunks[chunk]!, buffer));
    const results = await shareOut(
      chunks.length,
      [one, other],
      (partner, chunk) => isEncodedFirst ? partner.askEncoded(encoded[chunk]!) : partner.ask(chunks[chunk]!),
    );
    if (results.length !== count) throw new Error("Cannot measure: results are missing");
  });
}

/** Numbers in chunks as JSON, two on their way to each of two children, and one after the other out of a generator. */
async function stream(count: number, size: number): Promise<{ samples: number[] }> {
  await using one = new LinePartner(bareDeno("lines.ts", "increment"));
  await using other = new LinePartner(bareDeno("lines.ts", "increment"));
  await Promise.all([one.ask("[1]"), other.ask("[1]")]);
  const watch = await MemoryWatch.start([Deno.pid, one.pid, other.pid]);
  async function* answers(): AsyncGenerator<number> {
    const asked: Promise<string>[] = [];
    for (let start = 0; start < count || asked.length > 0;) {
      for (; asked.length < 4 && start < count; start += size) {
        const partner = start / size % 2 === 0 ? one : other;
        asked.push(partner.ask(JSON.stringify(Array.from({ length: size }, (_, n) => start + n))));
      }
      yield* JSON.parse(await asked.shift()!);
    }
  }
  let last = 0;
  for await (last of answers());
  if (last !== count) throw new Error(`Cannot measure: the last item is ${last}, ${count} wanted`);
  return { samples: [await watch.growthMiB()] };
}

/** How long two Denos take to have V8 compile what a worker runs, and to answer. */
async function starts({ repeats }: Parameters): Promise<{ samples: number[] }> {
  const samples: number[] = [];
  for (let n = 0; n < repeats; n++) {
    const startedAt = performance.now();
    const denos = await TwoDenos.start(CORE);
    samples.push(performance.now() - startedAt);
    await denos.end();
  }
  return { samples };
}

await main(() => {
  throw new Error("There is no pool here");
}, {
  burst: (parameters) => bursts(openLines, parameters),

  "burst-first": (parameters) => firstBurst(openLines, parameters),

  "burst-spin": (parameters) => burstsAround(openLines, "spin", parameters),

  "burst-hold": (parameters) => burstsAround(openLines, "hold", parameters),

  records: (parameters) => passRecords("echo", parameters),

  "records-in": (parameters) => passRecords("idOf", parameters),

  "records-calls": (parameters) => passRecords("echo", parameters, true),

  latency: async ({ count }) => ({ samples: await echoes(count, count) }),

  "latency-first": async ({ count }) => ({ samples: await echoes(1, count) }),

  bytes: async ({ size, ...times }) => {
    await using sink = new Partner(bareDeno("sink.ts", String(size)));
    const bytes = new Uint8Array(size).fill(7);
    return await warmDurations(times, () => sink.ask(bytes, `${size}\n`.length));
  },

  cpu: async ({ count, size, repeats }) => ({ samples: await scaling(count, size, repeats) }),

  start: (parameters) =>
    Deno.args[0] === "cat"
      ? warmDurations(parameters, () => Promise.all([1, 2].map(() => bareDeno("bare.ts").spawn().status)))
      : starts(parameters),

  stream: ({ count, size }) => stream(count, size),

  memory: async ({ size: settleMs }) => {
    const children = [1, 2].map(() => bareDeno("idle.ts").spawn());
    await pause(2 * settleMs);
    const samples = await Promise.all(children.map(({ pid }) => residentMiB(pid)));
    for (const child of children) child.kill("SIGKILL");
    return { samples };
  },
});
