/**
 * Where errors lead that cannot say all in a line: the sections of `docs/troubleshooting.md`, on the site. Imports nothing, since the first
 * module of each entry point leads there as well. See `docs/decisions/callers.md`.
 */

/** The page on the site. Published versions name it, so it stays. */
export const TROUBLESHOOTING = "https://corral-deno.github.io/corral/troubleshooting.html";

/** The places on the page, which stay as well; a test compares them with the page. */
export const TROUBLES = [
  "other-runtime",
  "old-deno",
  "run-deno",
  "pool-in-worker",
  "top-level-pool",
  "compiled",
  "no-deno",
  "grant",
  "not-cached",
  "variables",
  "bare-import",
  "extension",
  "commonjs",
  "unstable",
  "lock",
  "untrusted-import",
  "source-text",
  "permission",
  "data",
  "start",
  "start-timeout",
  "exit",
  "memory",
  "protocol",
] as const;

/** The name of a section. */
export type Trouble = typeof TROUBLES[number];

/** The end of an error's text: where its cause and mend are explained. */
export function see(trouble: Trouble): string {
  return `, see ${TROUBLESHOOTING}#${trouble}`;
}
