/** Unit tests of pieces that fuzzing has found: what a runner says of a batch, and what the command believes. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { checkedPiece, MalformedPieceError, readDetails } from "../../../cli/records/batch.ts";
import { BlockRun } from "../../../cli/runner/block_run.ts";
import { EXACT, OVER, type Piece } from "../../../cli/runner/protocol.ts";

const encoder = new TextEncoder();
const detailsOf = (outcomes: unknown[], retries: unknown[] = []): Uint8Array =>
  encoder.encode(JSON.stringify({ outcomes, retries }));

const SETTINGS = {
  ...{ input: "json", delimiter: "\n", output: "ndjson", tagged: false, batch: 2 } as const,
  ...{ retries: 1, retryErrors: true, retryTimeouts: false, isPaced: false, isUntrusted: false, graceMs: 1 },
};
const ORDER = {
  firstIndex: 0,
  attempt: 1,
  precise: true,
  timeoutMs: 60_000,
  detailed: true,
  budgetMs: 1000,
  columns: null,
  rows: null,
};

Deno.test("BlockRun tells of a record of a batch that is not JSON only with the others, when the batch is tried again", async () => {
  const pieces: Piece[] = [];
  let calls = 0;
  const call = (): void => {
    if (++calls === 1) throw new Error("the first time");
  };
  const place = { workerId: 0, send: (piece: Piece) => void pieces.push(piece) };
  const run = new BlockRun(call, SETTINGS, encoder.encode("{broken\n1\n"), ORDER, place);
  await run.run();
  pieces.push(run.takeLast());
  let done = 0;
  const told = pieces.map((piece) => {
    const { outcomes, retries } = readDetails(checkedPiece(piece, done, 2)[6], done, piece[1]);
    done = piece[1];
    return [outcomes.map(({ offset, outcome }) => `${offset} ${outcome}`), retries.length];
  });
  assertEquals(told, [[[], 0], [[], 1], [["0 invalid", "1 dropped"], 0]]);
});

Deno.test("BlockRun.tellExit() behind the last record sends the answer, which is not sent a second time", async () => {
  const pieces: Piece[] = [];
  const place = { workerId: 0, send: (piece: Piece) => void pieces.push(piece) };
  const settings = { ...SETTINGS, batch: null };
  const run = new BlockRun((record) => record, settings, encoder.encode("1\n2\n"), ORDER, place);
  await run.run();
  run.tellExit();
  pieces.push(run.takeLast());
  const told = pieces.slice(-2).map(([, done, state, , results, output]) => [done, state, results, output.length]);
  // Each piece tells what is new; the one in front of these said that the second record begins.
  assertEquals(told, [[2, OVER | EXACT, 1, 2], [2, EXACT, 0, 0]]);
});

Deno.test("BlockRun tries a record again more often than a stack is deep, whether the function waits or not", async () => {
  const retries = 20_000;
  for (const wait of [undefined, Promise.resolve()]) {
    const call = (_: unknown, { attempt }: { attempt: number }): unknown => {
      if (attempt <= retries) throw new Error("not yet");
      return attempt;
    };
    const later = async (record: unknown, context: { attempt: number }): Promise<unknown> => {
      await wait;
      return call(record, context);
    };
    const place = { workerId: 0, send: () => {} };
    const settings = { ...SETTINGS, batch: null, retries };
    const run = new BlockRun(wait === undefined ? call : later, settings, encoder.encode("1\n"), ORDER, place);
    await run.run();
    assertEquals(new TextDecoder().decode(run.takeLast()[5]), `${retries + 1}\n`);
  }
});

Deno.test("BlockRun counts no time for a record, or an attempt, while what came before it waits to be read", async () => {
  let now = 0;
  Object.defineProperty(performance, "now", { configurable: true, value: () => now });
  try {
    const attempts: number[] = [];
    const call = (_: unknown, { attempt }: { attempt: number }): void => {
      attempts.push(attempt);
      if (attempts.length === 1) throw new Error("the first time");
    };
    const ends: unknown[] = [];
    const send = (piece: Piece): void => {
      ends.push(...readDetails(piece[6], 0, 2).outcomes.map(({ outcome, durationMs }) => [outcome, durationMs]));
      now += 1000;
    };
    const settings = { ...SETTINGS, batch: null };
    const order = { ...ORDER, timeoutMs: 300, budgetMs: Infinity };
    const run = new BlockRun(call, settings, encoder.encode("1\n2\n"), order, { workerId: 0, send });
    await run.run();
    send(run.takeLast());
    assertEquals([attempts, ends], [[1, 2, 1], [["dropped", 0], ["dropped", 0]]]);
  } finally {
    Reflect.deleteProperty(performance, "now");
  }
});

const BELIEVED: Record<string, unknown[]> = {
  "a place that is text": [["0", "ok", 1, 1, 1, 1, 1]],
  "a place between two records": [[0.5, "ok", 1, 1, 1, 1, 1]],
  "a record that ends twice": [[0, "ok", 1, 1, 1, 1, 1], [0, "ok", 1, 1, 1, 1, 1]],
  "an attempt that is an object": [[0, "ok", {}, 1, 1, 1, 1]],
  "a time that is text": [[0, "ok", 1, "<script>", 1, 1, 1]],
  "an error whose message is no text": [[0, "error", 1, 1, 1, 0, 0, { name: "Error", message: ["</script>"] }]],
  "a failure without an error": [[0, "error", 1, 1, 1, 0, 0]],
};

for (const [what, outcomes] of Object.entries(BELIEVED)) {
  Deno.test(`readDetails() refuses ${what}`, () => {
    assertThrows(() => readDetails(detailsOf(outcomes), 0, 1), MalformedPieceError);
  });
}

Deno.test("readDetails() refuses malformed retries, and checkedPiece() impossible numbers", () => {
  for (
    const retry of [[0, 1, "crash", 1, 1], [2, 1, "error", 1, 1], [{}, 1, "error", 1, 1], [0, 1, "error", null, 1], 7]
  ) {
    assertThrows(() => readDetails(detailsOf([], [retry]), 0, 1), MalformedPieceError);
  }
  const none = new Uint8Array();
  for (
    const numbers of [[{}, 1, 1, 1, 1], [0, 0.5, 1, 1, 1], [0, 1, 1, 1e999, 1], [0, 1, 1, 1, 1.5], [0, 3, 1, 1, 1]]
  ) {
    assertThrows(() => checkedPiece([...numbers, none, none], 0, 2), MalformedPieceError);
  }
});

Deno.test("readDetails() parses nothing that has more in it than its records can have, and cuts texts", () => {
  const costly = encoder.encode(`{"outcomes":[${"{},".repeat(1e6)}{}],"retries":[]}`);
  const error = assertThrows(() => readDetails(costly, 0, 1), MalformedPieceError);
  assertStringIncludes(error.message, "there are too many of them");
  const text = '",{[\\'.repeat(1e6);
  const { outcomes } = readDetails(
    detailsOf([[0, "error", 1, 1, 1, 0, 0, { name: text, message: text, stack: text }]], [[1, 1, "error", 1, 1]]),
    0,
    1,
  );
  const { name, message, stack } = outcomes[0]!.error!;
  assertEquals([name, message, stack].map((one) => one!.length), [10_001, 10_001, 10_001]);
});

Deno.test("BlockRun tells of each record what readDetails() takes, however many there are", async () => {
  const call = (n: unknown): void => {
    throw new Error(`${n}: ${"[{,".repeat(1000)}`);
  };
  const settings = { ...SETTINGS, batch: 5000, retries: 0 };
  const run = new BlockRun(call, settings, encoder.encode("1\n".repeat(5000)), ORDER, { workerId: 0, send: () => {} });
  await run.run();
  assertEquals(readDetails(run.takeLast()[6], 0, 5000).outcomes.length, 5000);
});

Deno.test("BlockRun tells of an error that throws when it is looked at, and goes on with the next record", async () => {
  const thrown = [
    new (class extends Error {
      override get message(): string {
        throw new Error("in message");
      }
    })(),
    new Proxy({}, {
      getPrototypeOf: () => {
        throw new Error("in a trap");
      },
    }),
  ];
  const call = (record: unknown): void => {
    const error = thrown[record as number];
    if (error !== undefined) throw error;
  };
  const settings = { ...SETTINGS, batch: null, retries: 0 };
  const pieces: Piece[] = [];
  const place = { workerId: 0, send: (piece: Piece) => void pieces.push(piece) };
  const run = new BlockRun(call, settings, encoder.encode("0\n1\n2\n"), ORDER, place);
  await run.run();
  pieces.push(run.takeLast());
  let done = 0;
  const told = pieces.flatMap((piece) => {
    const { outcomes } = readDetails(piece[6], done, piece[1]);
    done = piece[1];
    return outcomes;
  });
  assertEquals(told.map(({ error }) => error?.message), [
    "threw something that cannot be looked at without another error",
    "threw something that cannot be looked at without another error",
    undefined,
  ]);
});
