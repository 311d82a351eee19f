/** Why another is first in a row, for the report. */

import type { Contender } from "./contenders.ts";

/** What bounds corral in a row. */
const BOUNDS: Readonly<Record<string, string>> = {
  "burst":
    "each call costs the program a promise, a message and an answer, and the workers as much again, on two processors; “no pool (Deno)” is what lines of JSON cost through the same pipes when nobody asks which call has begun. A profile shows a fifth of the program's time in the writes that wake workers, a seventh in the garbage collector, and a fifteenth in parsing answers. A worker writes each answer by itself, so that of the tasks sent ahead only one can have started when it dies; pools that answer in batches cannot know that",
  "burst-first":
    "V8 runs new code slowly, and compiles what runs often while the tasks go on; and each task that waits is memory which the program touches for the first time, and which is copied twice before it counts as old. So it is with the few lines of “no pool (Deno)”, whose first burst beside its later ones shows how much of this no pool can avoid",
  "burst-spin":
    "the long task takes one processor of two, and the program and the other worker share what is left; a burst that is quicker without it loses more. “No pool” does the same by hand, and sends nothing behind the long task",
  "burst-hold":
    "one worker does alone what two did, and writes each answer by itself, which takes longer than the program needs for a call. “No pool” does the same by hand, and sends nothing behind the long task. Here, what had been sent to the worker of the long task comes back first, up to 256 tasks after 5 ms",
  "latency":
    "a call is two wake-ups of a process, and a few hundred functions in the program and the worker, whose code and data the processor has to fetch again after each wake-up; “no pool (Deno)” is what the wake-ups cost alone. Where the system puts the two processes changes a call by more than that: the row on one processor leaves that choice out",
  "latency-one":
    "a call is two wake-ups of a process, and a few hundred functions in the program and the worker, whose code and data the processor has to fetch again after each wake-up; “no pool (Deno)” is what the wake-ups cost alone",
  "latency-first":
    "V8 runs new code slowly at first, and what a call leaves behind is memory that is touched for the first time, until it has been collected twice; a call leaves more behind here than in pools that promise less. “No pool (Deno)” is what the wake-ups cost alone, in a program as new",
  "map": "the program hands out every number and takes every result by itself, one after the other",
  "bytes":
    "the bytes go through a pipe, which the system fills and empties piece by piece; “no pool” is such a pipe alone",
  "records":
    "records are encoded and decoded as JSON twice, and half of that in the program itself; “no pool (Deno)” is what that alone costs",
  "records-in":
    "records are encoded as JSON in the program itself, one after another; a profile shows two fifths of its time in `JSON.stringify`, and an eighth to a quarter in the check that nothing in them is lost by it. “No pool (Deno)” is what JSON alone costs",
  "records-imap": "each record is taken by an await of its own, and a chunk is read only when an earlier one was taken",
  "records-calls":
    "all calls are encoded before the first can leave, while `map` encodes a chunk when another has left; and records of one call may be the same object, which a set of all objects tells. “No pool (Deno)” encodes all before the first leaves as well",
  "cpu": "the two workers, the program and all else on the machine share two processors",
  "start":
    "Deno itself starts first; then each worker reads corral's side of it, some 150 kB of scripts, which V8 compiles and evaluates. `deno task bench:start` has these floors, which do the same without corral",
  "memory":
    "most of it is Deno itself, as “no pool” shows; about 1 MiB is what huge pages round up, in which large bytes cost a worker a fraction",
  "queued": "a longer queue is more for the garbage collector to walk",
  "stream":
    "V8 compiles what runs often, and lets its young generation grow by what survives a collection: the chunks that are on their way",
  "recovery": "a new Deno process has to start",
  "losses": "every crash costs the start of a new Deno process",
};

const SHARED =
  "Its workers are threads of the program: no pipe lies between, and memory is shared. A crash in one can end the program";

const FORKED =
  "It forks: a worker is a copy of the running interpreter, its memory shared with it, which Deno cannot do. Compare it with “spawn”";

/** One sentence or two, without a final period. */
export function reasonFor(row: string, contender: Contender): string {
  if (contender.kind === "threads") return SHARED;
  const forks = contender.kind === "CPython" && contender.id !== "cpython-spawn";
  return forks && (row === "start" || row === "memory") ? FORKED : boundOf(row);
}

/** What bounds corral in a row, as a sentence without a final period. */
export function boundOf(row: string): string {
  return capitalised(BOUNDS[row] ?? "the limit is not known");
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
