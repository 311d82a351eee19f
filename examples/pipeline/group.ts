// deno-lint-ignore-file no-console
/** The step that needs all records at once: gathers the factors of each genre in one line. */
import { TextLineStream } from "@std/streams";
import type { Earning } from "./enrich.ts";

const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
const factors = new Map<string, number[]>();
for await (const line of lines) {
  const { genre, factor }: Earning = JSON.parse(line);
  factors.set(genre, [...factors.get(genre) ?? [], factor]);
}
for (const [genre, all] of factors) console.log(JSON.stringify({ genre, factors: all }));
