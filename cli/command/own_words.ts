/**
 * The library advises programs. What they do with options, the command does with flags, and what it cannot do is left out.
 *
 * The library's texts are its own affair; `tests/cli/command/own_words_test.ts` has it say all of them.
 */

type Rule = readonly [theirs: RegExp, ours: string | ((...groups: string[]) => string)];

const RULES: readonly Rule[] = [
  [/\(corral-agent … MODULE\)/g, "(corral agent … MODULE)"],
  // What is not in the cache, or not in the lock file.
  [/, import it in the program, or grant `permissions: \{ import: true \}`/g, ", or run corral map with --cache"],
  [/, or set `frozen: false`, which ignores the lock file/g, ", or run corral map with --cache"],
  [/run `deno cache data:[^`]*`(?: or `deno install`)? first, or (?=run corral map)/g, ""],
  // The folder of the module decides, and how the command was started is not how the user started it.
  [/, (?:or )?name a file beside (?:one|another)(?: deno\.json| that it may read)? with `configOf`/g, ""],
  [/; an --import-map of this program's command line is not known here, set "importMap" there/g, ""],
  // Grants.
  [/or grant `permissions: \{ import: true \}`/g, "or grant it with --allow-import"],
  [
    /in a corral worker: (?:grant it|a command of the PATH is found when it is granted) with `permissions: \{ (\w+): (?:true|\["([^"]*)"\]) \}`/g,
    (_, kind, item) => `grant it with --allow-${kind}${item === undefined ? "" : `=${item}`}`,
  ],
  [/, or see that it lies in the module's folder when the pool is made/g, ""],
  [/`deny` says so, take it out of `deny\.(\w+)` if it is wanted/g, (_, kind) => `--deny-${kind} says so`],
  [/make the link in your program, or grant it with `[^`]*` and `dangerouslyWritableCode: true`/g, "it makes no links"],
  [/it keeps nothing on disk, set `storage: true`/g, "it keeps nothing on disk"],
  [/add "(registry[^"]*)" to `permissions\.import`/g, (_, host) => `grant it with --allow-import=${host}`],
  // Variables.
  [/\bwith `env: \{ (\w+): "?([^ "]*)"? \}`/g, (_, name, value) => `with --env ${name}=${value}`],
  [/the DENO_AUTH_TOKENS of this program/g, "the DENO_AUTH_TOKENS of this command"],
  [/ with it first, or import the module in the program/g, " with it first"],
  [/run this program with --allow-/g, "install this command with --allow-"],
];

/** A message of the library, for the user of the command. */
export function inOwnWords(message: string): string {
  let text = message;
  for (const [theirs, ours] of RULES) text = text.replaceAll(theirs, ours as string);
  return text;
}
