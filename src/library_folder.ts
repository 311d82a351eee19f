const { url } = import.meta as { url?: string };

/**
 * The URL of the folder in which the files of this library lie; `undefined` where they are part of another file, as in what
 * `deno bundle` makes: the folders around that are the program's.
 */
export const LIBRARY_FOLDER: string | undefined = url?.endsWith("/src/library_folder.ts")
  ? new URL("./", url).href
  : undefined;
