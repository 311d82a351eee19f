/** The bytes of one input as readers want them: unpacked, in UTF-8, with lines that end in LF. */

import { InputError } from "../errors/cli_error.ts";
import type { ReadBytes } from "./byte_window.ts";
import { isPrefixOfMagic, type Kind, kindOf } from "./magic_numbers.ts";

/** How an input is read. */
export interface SourceOptions {
  /** Its name, for messages. */
  readonly place: string;
  /** What the text is encoded in; UTF-8 if it is not told. */
  readonly encoding: string | undefined;
  /** Whether records end with lines, so that lone CRs may be line ends. */
  readonly hasLines: boolean;
  /** Whether NULs mean something in it. */
  readonly hasNuls: boolean;
}

const READ_BYTES = 64 * 1024;
/** How far a line end is looked for, to know which one this input uses. */
const LINE_SEARCH_BYTES = 64 * 1024;
const NEWLINE = 10;
const RETURN = 13;

/** An input, with what was found at its beginning. */
export interface ByteSource {
  readonly read: ReadBytes;
  /** The beginning, as readers get it: for those who look for what it may be. */
  readonly sample: Uint8Array;
}

/** Looks at the beginning of an input, and makes what it is readable. Throws InputError where that cannot be. */
export async function openSource(raw: ReadBytes, options: SourceOptions): Promise<ByteSource> {
  const { hasLines, hasNuls } = options;
  const isUnclear = (bytes: Uint8Array) => isPrefixOfMagic(bytes, hasNuls);
  let { bytes, read } = await begin(raw, isUnclear);
  if (kindOf(bytes, hasNuls)?.type === "gzip") ({ bytes, read } = await begin(await gunzip(read, options), isUnclear));
  read = decode(read, kindOf(bytes, hasNuls), options);
  return hasLines ? await withLineFeeds(read) : toSource(await begin(read, () => false));
}

/** Reads until it is clear what the beginning is not. */
async function begin(
  read: ReadBytes,
  mayContinue: (bytes: Uint8Array) => boolean,
): Promise<{ bytes: Uint8Array; read: ReadBytes }> {
  let bytes = new Uint8Array(0);
  const buffer = new Uint8Array(READ_BYTES);
  while (bytes.length === 0 || mayContinue(bytes)) {
    const count = await read(buffer);
    if (count === null) break;
    const all = new Uint8Array(bytes.length + count);
    all.set(bytes);
    all.set(buffer.subarray(0, count), bytes.length);
    bytes = all;
  }
  return { bytes, read: withBeginning(bytes, read) };
}

function toSource({ bytes, read }: { bytes: Uint8Array; read: ReadBytes }): ByteSource {
  return { read, sample: bytes.subarray(0, READ_BYTES).slice() };
}

/** Gives what was read already, and then the rest. */
function withBeginning(beginning: Uint8Array, read: ReadBytes): ReadBytes {
  let rest = beginning;
  return (buffer) => {
    if (rest.length === 0) return read(buffer);
    const part = rest.subarray(0, buffer.length);
    buffer.set(part);
    rest = rest.subarray(part.length);
    return Promise.resolve(part.length);
  };
}

async function gunzip(read: ReadBytes, { place }: SourceOptions): Promise<ReadBytes> {
  // Late: few inputs are packed, and they take as long to load as all of the rest.
  const [{ Readable }, { createGunzip }] = await Promise.all([import("node:stream"), import("node:zlib")]);
  // Takes files of several members, as log rotation and bgzip make them; the web's own stream does not.
  const unpacked = createGunzip();
  Readable.from(chunksOf(read)).on("error", (error) => unpacked.destroy(error)).pipe(unpacked);
  return fromChunks(unpacked[Symbol.asyncIterator](), (error) => {
    return new InputError(`Cannot unpack ${place}: ${error.message}`, { cause: error });
  });
}

async function* chunksOf(read: ReadBytes): AsyncGenerator<Uint8Array> {
  for (;;) {
    const buffer = new Uint8Array(READ_BYTES);
    const count = await read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}

function fromChunks(chunks: AsyncIterator<Uint8Array>, describe: (error: Error) => Error): ReadBytes {
  let rest = new Uint8Array(0);
  return async (buffer) => {
    try {
      while (rest.length === 0) {
        const { value, done } = await chunks.next();
        if (done) return null;
        rest = new Uint8Array(value);
      }
    } catch (error) {
      throw describe(error as Error);
    }
    const part = rest.subarray(0, buffer.length);
    buffer.set(part);
    rest = rest.subarray(part.length);
    return part.length;
  };
}

function decode(read: ReadBytes, kind: Kind | undefined, { place, encoding }: SourceOptions): ReadBytes {
  if (kind?.type === "gzip") {
    throw new InputError(`Cannot read ${place}: it is packed with gzip, twice, wanted \`zcat FILE | corral map …\``);
  }
  if (kind?.type === "packed" || kind?.type === "foreign") {
    const what = kind.type === "packed" ? `packed with ${kind.name}` : kind.name;
    throw new InputError(`Cannot read ${place}: it is ${what}, wanted ${kind.remedy}`);
  }
  const decoder = new TextDecoder(encoding, { fatal: true });
  // Nearly all bytes are some text in another encoding: rows of it would vanish without a word.
  if (kind?.type === "text" && kind.encoding !== decoder.encoding) {
    throw new InputError(`Cannot read ${place}: it is ${kind.name}, wanted --encoding ${kind.encoding}`);
  }
  if (decoder.encoding === "utf-8") return read;
  return fromChunks(transcoded(read, decoder), (error) => {
    return new InputError(`Cannot read ${place}: it is not ${decoder.encoding}: ${error.message}`, { cause: error });
  });
}

async function* transcoded(read: ReadBytes, decoder: TextDecoder): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const chunk of chunksOf(read)) yield encoder.encode(decoder.decode(chunk, { stream: true }));
  yield encoder.encode(decoder.decode());
}

/** Lines may end in CR alone, as old programs for the Mac write them: then they are made to end in LF. */
async function withLineFeeds(read: ReadBytes): Promise<ByteSource> {
  const beginning = await begin(read, (bytes) => {
    if (bytes.includes(NEWLINE)) return false;
    // Where the only one stands last, an LF may follow.
    return bytes.length < LINE_SEARCH_BYTES || bytes.indexOf(RETURN) === bytes.length - 1;
  });
  const { bytes } = beginning;
  const isReturnOnly = !bytes.includes(NEWLINE) && bytes.includes(RETURN);
  if (!isReturnOnly) return toSource(beginning);
  replaceReturns(bytes);
  return {
    sample: bytes.subarray(0, READ_BYTES).slice(),
    async read(buffer) {
      const count = await beginning.read(buffer);
      if (count !== null) replaceReturns(buffer.subarray(0, count));
      return count;
    },
  };
}

function replaceReturns(bytes: Uint8Array): void {
  for (let at = bytes.indexOf(RETURN); at >= 0; at = bytes.indexOf(RETURN, at + 1)) bytes[at] = NEWLINE;
}
