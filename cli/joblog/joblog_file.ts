import { isFailure } from "../records/batch.ts";
import type { RecordEvent, RunEvent, RunObserver } from "../records/run_events.ts";
import { openFile } from "../files/open_file.ts";
import { UsageError } from "../errors/usage_error.ts";
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
  /** The file of the results, or `null` for stdout. */
  readonly output: string | null;
}

/** A joblog that was read. */
export interface JoblogContent {
  readonly header: JoblogHeader;
  readonly history: RunHistory;
  /** Bytes of results that belong to logged records. */
  readonly outputEnd: number;
  /** Where the last whole line ends. */
  readonly end: number;
}

const NEWLINE = 10;
const READ_BYTES = 256 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Reads a joblog; `undefined` if there is none, or not even its first line is whole. */
export async function readJoblog(path: string): Promise<JoblogContent | undefined> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  using _ = file;
  const history = new RunHistory();
  let header: JoblogHeader | undefined;
  let outputEnd = 0;
  let end = 0;
  for await (const line of wholeLines(file)) {
    if (header === undefined) header = readHeader(line, path);
    else {
      const { sequence, hash, outcome, outputEnd: position } = readRecord(line, path);
      history.note(sequence, hash!, isFailure(outcome));
      outputEnd = position;
    }
    end += line.length + 1;
  }
  return header === undefined ? undefined : { header, history, outputEnd, end };
}

/** What follows the last line break was being written when the run ended. */
async function* wholeLines(file: Deno.FsFile): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  const buffer = new Uint8Array(READ_BYTES);
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    const bytes = new Uint8Array(rest.length + count);
    bytes.set(rest);
    bytes.set(buffer.subarray(0, count), rest.length);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      yield bytes.subarray(start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
}

function readHeader(line: Uint8Array, path: string): JoblogHeader {
  const header = parsed(line) as JoblogHeader | undefined;
  if (header?.type === "joblog" && header.version === 1) return header;
  throw new UsageError(
    `Cannot resume: ${path} is no joblog of this version of corral, wanted the file of an earlier --joblog`,
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
  throw new UsageError(`Cannot resume: a line of ${path} is damaged: ${decoder.decode(line.subarray(0, 100))}`);
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
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Begins a joblog. */
  static async create(path: string, header: JoblogHeader): Promise<JoblogWriter> {
    const writer = new JoblogWriter(await openFile(path, { write: true, create: true, truncate: true }));
    await writer.#write(JSON.stringify(header) + "\n");
    return writer;
  }

  /** Goes on with a joblog at `end`, where it is cut off. */
  static async append(path: string, end: number): Promise<JoblogWriter> {
    const file = await openFile(path, { write: true });
    await file.truncate(end);
    await file.seek(end, Deno.SeekMode.Start);
    return new JoblogWriter(file);
  }

  async receive(events: readonly RunEvent[]): Promise<void> {
    let lines = "";
    for (const event of events) {
      if (event.type !== "record") continue;
      const { type: _, excerpt: _excerpt, error, ...facts } = event;
      lines += JSON.stringify({ ...facts, ...(error && { error: `${error.name}: ${error.message}` }) }) + "\n";
    }
    if (lines !== "") await this.#write(lines);
  }

  close(): void {
    this.#file.close();
  }

  async #write(text: string): Promise<void> {
    for (let rest = encoder.encode(text); rest.length > 0;) rest = rest.subarray(await this.#file.write(rest));
    await this.#file.syncData();
  }
}
