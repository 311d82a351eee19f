/** The files that a run writes: held so that no second run writes them, and emptied only when that is wanted. See `docs/decisions/command.md`. */

import { nameForPeople } from "../errors/foreign_text.ts";
import { OutputError } from "../errors/output_error.ts";
import { UsageError } from "../errors/usage_error.ts";
import { openFile } from "./open_file.ts";

/**
 * Opens a file for writing, and holds it until it is closed. Throws UsageError if another process holds it.
 *
 * Not for reading as well, if nobody asks for that: a pipe that was opened for both never tells that its reader has gone.
 */
export async function holdFile(
  path: string,
  { read = false, describeHolder }: { read?: boolean; describeHolder?: () => Promise<string> } = {},
): Promise<Deno.FsFile> {
  const file = await openFile(path, { read, write: true, create: true });
  if (!await isRegular(file) || await tryLock(file)) return file;
  file.close();
  const holder = await describeHolder?.() ?? "another run of corral";
  throw new UsageError(
    `Cannot write ${nameForPeople(path)}: ${holder} is writing it, wait for its end or name another file`,
  );
}

/** Makes a file, with the same permissions as another one, and holds it. Throws UsageError if there is one of that name. */
export async function holdNewFile(path: string, mode: number | null): Promise<Deno.FsFile> {
  const file = await openFile(path, { write: true, createNew: true, ...(mode !== null && { mode: mode & 0o777 }) });
  await tryLock(file);
  return file;
}

/** A pipe or a device is nobody's alone, and has nothing to be lost. */
async function isRegular(file: Deno.FsFile): Promise<boolean> {
  return (await file.stat()).isFile;
}

/** Whether nobody else holds the file. Some file systems know no locks: there it must be trusted. */
async function tryLock(file: Deno.FsFile): Promise<boolean> {
  try {
    return await file.tryLock(true);
  } catch {
    return true;
  }
}

/** Throws UsageError if there is something in the file that beginning it would destroy. */
export async function requireEmpty(file: Deno.FsFile, path: string, advice: string): Promise<void> {
  const { isFile, size } = await file.stat();
  if (isFile && size > 0) {
    throw new UsageError(`Cannot begin ${nameForPeople(path)}: it is not empty, wanted ${advice}`);
  }
}

/** Throws UsageError if a file that is to be gone on with is shorter than it was. */
export async function requireLength(file: Deno.FsFile, path: string, length: number): Promise<void> {
  const { isFile, size } = await file.stat();
  if (!isFile || size >= length) return;
  throw new UsageError(
    `Cannot go on with ${nameForPeople(path)}: it has ${size} bytes, of ${length} that the joblog has seen; ` +
      `it is not the file that was written, wanted that one, or another --joblog and --output`,
  );
}

/** Which of these files are not there. */
export async function missingFiles(paths: readonly (string | undefined)[]): Promise<string[]> {
  const missing: string[] = [];
  for (const path of paths) {
    if (path === undefined) continue;
    try {
      await Deno.lstat(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) missing.push(path);
    }
  }
  return missing;
}

/** Removes files that were made and have nothing in them. */
export async function removeEmpty(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    try {
      const { isFile, size } = await Deno.lstat(path);
      if (isFile && size === 0) await Deno.remove(path);
    } catch {
      // It was not made, or is somebody else's matter now.
    }
  }
}

/** Cuts a file off at `end`, where writing goes on. */
export async function cutOff(file: Deno.FsFile, end: number): Promise<void> {
  if (!await isRegular(file)) return;
  await file.truncate(end);
  await file.seek(end, Deno.SeekMode.Start);
}

/** What bytes are written to. */
export interface ByteWriter {
  write(bytes: Uint8Array): Promise<number>;
}

/** So much is written at once, that of a pipe's reader is known whether it reads at all. */
const PIECE_BYTES = 64 * 1024;

/** Writes all bytes, and tells of each piece that was taken. Throws OutputError, also where a stdout that does not block is full: Deno does not tell then how much of it was taken. */
export async function writeAll(
  file: ByteWriter,
  path: string,
  bytes: Uint8Array,
  onTaken?: (count: number) => void,
): Promise<void> {
  const most = onTaken === undefined ? Infinity : PIECE_BYTES;
  try {
    for (let rest = bytes; rest.length > 0;) {
      const count = await file.write(rest.length > most ? rest.subarray(0, most) : rest);
      onTaken?.(count);
      rest = rest.subarray(count);
    }
  } catch (cause) {
    throw new OutputError(path, cause);
  }
}

/** The same of what one asked for: that nobody reads any more is not the fault of the output, and stays a BrokenPipe. */
export async function writeResults(
  file: ByteWriter,
  path: string,
  bytes: Uint8Array,
  onTaken?: (count: number) => void,
): Promise<void> {
  try {
    await writeAll(file, path, bytes, onTaken);
  } catch (error) {
    const { cause } = error as OutputError;
    throw cause instanceof Deno.errors.BrokenPipe ? cause : error;
  }
}

/** Waits until what was written is safe, where there is something to be safe. */
export async function syncFile(file: Deno.FsFile, path: string): Promise<void> {
  if (!await isRegular(file)) return;
  try {
    await file.syncData();
  } catch (cause) {
    throw new OutputError(path, cause);
  }
}
