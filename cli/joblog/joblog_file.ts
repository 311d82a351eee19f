import { type Batch, isFailure } from "../records/batch.ts";
import type { RecordEvent, RunEvent, RunObserver } from "../records/run_events.ts";
import { cutOff, holdFile, syncFile, writeAll } from "../files/run_file.ts";
import { wholeLines } from "../files/whole_lines.ts";
import { nameForPeople } from "../errors/foreign_text.ts";
import { UsageError } from "../errors/usage_error.ts";
import { hashOf } from "../output/record_hash.ts";
import { heldEntries, readHeld } from "./held_results.ts";
import { RunHistory } from "./history.ts";

/** The first line of a joblog: what a run that goes on must have in common with it. */
export interface JoblogHeader {
  readonly type: "joblog";
  readonly version: 1;
  readonly module: string;
  readonly export: string;
  /** Hash of the function's source. */
  readonly source: string;
  readonly in: string;
  readonly out: string;
  /** What else says how records are read and results written, as JSON. */
  readonly format: string;
  /** The file of the results, or `null` for stdout. */
  readonly output: string | null;
  /** The file of the records that failed; a run that goes on may have another. */
  readonly rejects: string | null;
}

/** What a run leaves in the joblog's header, or in a line of its own where it goes on. */
interface RunLine {
  /** Who writes the joblog, so that a second run can say so. */
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** The file of the records that failed. */
  readonly rejects: string | null;
}

/** A joblog that was read. */
export interface JoblogContent {
  readonly header: JoblogHeader;
  readonly history: RunHistory;
  /** Bytes of results that belong to logged records. */
  readonly outputEnd: number;
  /** Where the last whole line ends. */
  readonly end: number;
  /** The file in which the last run described what failed. */
  readonly rejects: string | null;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Opens a joblog and holds it. Throws UsageError, which says who else holds it. */
export async function holdJoblog(path: string): Promise<Deno.FsFile> {
  return await holdFile(path, {
    read: true,
    describeHolder: async () => await holderOf(path) ?? "another run of corral",
  });
}

async function holderOf(path: string): Promise<string | undefined> {
  try {
    using file = await Deno.open(path);
    let last: RunLine | undefined;
    for await (const line of wholeLines(file)) {
      if (last === undefined || isOfType(line, RUN_LINE)) last = parsed(line) as RunLine;
    }
    return last && `process ${last.pid}, since ${new Date(last.startedAt).toISOString()},`;
  } catch {
    // Where a lock keeps others from reading, too, the holder stays unknown.
    return undefined;
  }
}

/** Reads a joblog; `undefined` if not even its first line is whole. */
export async function readJoblog(file: Deno.FsFile, path: string): Promise<JoblogContent | undefined> {
  // A device may have no end.
  if (!(await file.stat()).isFile) return undefined;
  const history = new RunHistory();
  let header: JoblogHeader | undefined;
  let outputEnd = 0;
  let end = 0;
  let lineEnd = 0;
  let rejects: string | null = null;
  let group: Uint8Array[] = [];
  const note = (line: Uint8Array): void => {
    if (isOfType(line, HELD_LINE)) return history.noteHeld(readHeld(parsed(line)) ?? damaged(line, path));
    const { sequence, hash, outcome, outputEnd: position } = readRecord(line, path);
    history.note(sequence, hash!, isFailure(outcome));
    outputEnd = position;
  };
  for await (const line of wholeLines(file)) {
    lineEnd += line.length + 1;
    if (header === undefined) header = readHeader(line, path);
    if (end === 0 || isOfType(line, RUN_LINE)) rejects = (parsed(line) as RunLine | undefined)?.rejects ?? null;
    else {
      group.push(line);
      if (isOfType(line.subarray(-OPEN_END.length), OPEN_END)) continue;
      group.forEach(note);
    }
    group = [];
    end = lineEnd;
  }
  return header === undefined ? undefined : { header, history, outputEnd, end, rejects };
}

const RUN_LINE = encoder.encode('{"type":"run"');
const HELD_LINE = encoder.encode('{"type":"held"');
/** The end of a line that counts only together with the next one. */
const OPEN_END = encoder.encode(',"open":true}');

function isOfType(line: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, at) => line[at] === byte);
}

function readHeader(line: Uint8Array, path: string): JoblogHeader {
  const header = parsed(line) as JoblogHeader | undefined;
  if (header?.type === "joblog" && header.version === 1) return header;
  throw new UsageError(
    `Cannot resume: ${
      nameForPeople(path)
    } is not a joblog of this version of corral, wanted the file of an earlier --joblog`,
  );
}

function readRecord(line: Uint8Array, path: string): RecordEvent {
  const record = parsed(line) as RecordEvent | undefined;
  const { sequence, hash, outcome, outputEnd } = record ?? {} as Partial<RecordEvent>;
  if (
    Number.isSafeInteger(sequence) && /^[0-9a-f]{64}$/.test(hash ?? "") && outcome && Number.isSafeInteger(outputEnd)
  ) {
    return record!;
  }
  return damaged(line, path);
}

function damaged(line: Uint8Array, path: string): never {
  throw new UsageError(
    `Cannot resume: a line of ${nameForPeople(path)} is damaged: ${
      nameForPeople(decoder.decode(line.subarray(0, 100)))
    }`,
  );
}

function parsed(line: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(line));
  } catch {
    return undefined;
  }
}

/** Writes a line for each record that is finished. A line is safe before the run goes on. */
export class JoblogWriter implements RunObserver {
  readonly wantsRecords = true;
  readonly wantsHashes = true;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #isBatched: boolean;
  readonly #history: RunHistory | undefined;

  private constructor(path: string, file: Deno.FsFile, isBatched: boolean, history?: RunHistory) {
    this.#path = path;
    this.#file = file;
    this.#isBatched = isBatched;
    this.#history = history;
  }

  /** Begins a joblog in a file that is held. */
  static async create(
    path: string,
    file: Deno.FsFile,
    header: JoblogHeader,
    isBatched: boolean,
  ): Promise<JoblogWriter> {
    await cutOff(file, 0);
    const writer = new JoblogWriter(path, file, isBatched);
    await writer.#write(JSON.stringify({ ...header, ...runLine(header.rejects) }) + "\n");
    return writer;
  }

  /** Goes on with a joblog behind its last whole line, where it is cut off. What is logged is noted in its history, too. */
  static async append(
    path: string,
    file: Deno.FsFile,
    { end, history }: JoblogContent,
    rejects: string | null,
    isBatched: boolean,
  ): Promise<JoblogWriter> {
    await cutOff(file, end);
    const writer = new JoblogWriter(path, file, isBatched, history);
    await writer.#write(JSON.stringify({ type: "run", ...runLine(rejects) }) + "\n");
    return writer;
  }

  async receive(events: readonly RunEvent[]): Promise<void> {
    const lines: string[] = [];
    for (const event of events) if (event.type === "record") lines.push(recordLine(event));
    if (lines.length === 0) return;
    try {
      await this.#write(this.#together(lines));
    } catch (error) {
      // The first of them may be there.
      if (this.#history !== undefined) this.#history.isWhole = false;
      throw error;
    }
    for (const event of events) {
      if (event.type === "record") this.#history?.note(event.sequence, event.hash!, isFailure(event.outcome));
    }
  }

  /** Keeps results that cannot be written yet, for the run that goes on; `columns` are those of a table. */
  async hold(batches: readonly Batch[], columns?: readonly string[] | null): Promise<void> {
    await this.#write(this.#together(heldEntries(batches, hashOf, columns).map((entry) => JSON.stringify(entry))));
  }

  /**
   * Lines that are written together. What a list of records gave is told with the first of them: where a disk is full amid their lines, all
   * are run again, or the others would be a list of their own.
   */
  #together(lines: readonly string[]): string {
    const last = lines.length - 1;
    return lines.map((line, at) => this.#isBatched && at < last ? `${line.slice(0, -1)},"open":true}\n` : `${line}\n`)
      .join("");
  }

  close(): void {
    this.#file.close();
  }

  async #write(text: string): Promise<void> {
    await writeAll(this.#file, this.#path, encoder.encode(text));
    await syncFile(this.#file, this.#path);
  }
}

/** The line of a record. Its fields are named one by one: a rest of fields takes three times as long, for each record of a run. */
function recordLine(
  { sequence, input, line, slot, pid, outcome, attempt, startedAt, durationMs, results, outputEnd, hash, error }:
    RecordEvent,
): string {
  const facts = { sequence, input, line, slot, pid, outcome, attempt, startedAt, durationMs, results, outputEnd, hash };
  return JSON.stringify(error === undefined ? facts : { ...facts, error: `${error.name}: ${error.message}` });
}

function runLine(rejects: string | null): RunLine {
  return { pid: Deno.pid, startedAt: Date.now(), rejects };
}
