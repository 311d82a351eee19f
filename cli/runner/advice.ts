/**
 * What to do about errors in which Deno advises, or leaves alone, the one who starts a program: here that is `corral map`, and the user has
 * flags of its own. The words are those of Deno 2.9.6; `tests/cli/command/advice_test.ts` has it say most of them.
 */

type Rule = readonly [part: RegExp, advise: (...groups: string[]) => string];

const RULES: readonly Rule[] = [
  [
    /Requires net access to "[\w-]*\.corral\.invalid[^"]*", run again with the --allow-net flag/,
    () => "Cannot fetch a relative URL: a worker has no page to start from, give fetch() an absolute one",
  ],
  [
    /(Requires (\w+) access(?: to "([^"]*)")?), run again with the --allow-\w+ flag/,
    (_, told, kind, item) =>
      `${told}, grant it with --allow-${kind}${item === undefined || item === "" ? "" : `=${item}`}`,
  ],
  [
    /^((?:Failed to spawn '([^'/\\\n]*)': (?:entity not found|no path to search[^\n]*))|(?:spawn(?:Sync)? ([^/\\\s]+) ENOENT))$/,
    (_, told, command, other) =>
      isGranted(command ?? other!) ? told! : `${told}, grant it with --allow-run=${command ?? other}`,
  ],
  [
    /( for package "([^"\n]*)"[^]*?|package manifest for '([^'\n]*)'[^]*?|not found in cache: "([^"\n]*)"),? --cached-only is specified\.?/,
    (_, told, npm, jsr, url) =>
      `${told}; workers download nothing, run \`deno cache ${
        npm !== undefined ? `npm:${npm}` : jsr !== undefined ? `jsr:${jsr}` : url
      }\` first`,
  ],
  [
    /(Import "([^"\n]*)" not a dependency)(?: and not in import map from "data:[^"\n]*"|(?: and not in import map[^\n]*)?\n[ \t]*hint:[^\n]*)/,
    (_, told, name) =>
      `${told}, import "npm:${name}" or "jsr:${name}", or have a deno.json beside the module that names it`,
  ],
];

/** What Deno says where it may import nothing from elsewhere. */
const FENCED: Rule = [
  /^((?:Import "[^"\n]*" not a dependency|npm specifiers were requested|[^\n]*A remote specifier was requested: "[^"\n]*"))[^]*/,
  (_, told) =>
    `${told}; with --untrusted, what stands behind -e imports nothing from elsewhere: leave the flag out, the text is your own`,
];

/** Of what is typed behind `-e`. */
const INLINE_RULES: readonly Rule[] = [
  [
    /Import "\.{0,2}\/[^"\n]*" not a dependency[^]*|^invalid URL: relative URL with a cannot-be-a-base base$|(?:Requires read access to|Module not found) "[^"\n]*\.corral-source-text\/[^]*/,
    () =>
      "Cannot import a relative path: what stands behind -e lies in no folder, name the file by its whole URL, " +
      'as in import("file:///srv/lib.ts"), or name a module in place of -e',
  ],
  [
    /(Import "([^"\n]*)" not a dependency)[^]*/,
    (_, told, name) =>
      `${told}, import "npm:${name}" or "jsr:${name}", or name it in a deno.json or package.json of this folder`,
  ],
  [
    /^\w+ is not defined$/,
    (told) =>
      `${told}: what stands behind -e knows its record and what it imports itself, as in await import("npm:NAME") or import("node:fs")`,
  ],
];

/** Deno's own messages are short; looking through a long one of a function could take long. */
const MAX_LENGTH = 4000;

/**
 * The message with advice that a user of the command can follow. Where an error comes from behind `-e`, its stack tells; `isUntrusted` says whether
 * that stands behind `--untrusted` as well.
 */
export function withAdvice(message: string, stack = "", isUntrusted = false): string {
  if (message.length > MAX_LENGTH) return message;
  const rule = rulesFor(stack, isUntrusted).find(([part]) => part.test(message));
  return rule === undefined ? message : message.replace(rule[0], rule[1]);
}

function rulesFor(stack: string, isUntrusted: boolean): readonly Rule[] {
  if (!/^[^\n]*\(?-e[:)]/.test(stack)) return RULES;
  const [relative, ...others] = INLINE_RULES;
  return [relative!, ...isUntrusted ? [FENCED] : [], ...others, ...RULES];
}

/** A command that is not there on the PATH needs no advice; without a grant there is no PATH. */
function isGranted(command: string): boolean {
  return Deno.permissions.querySync({ name: "run", command }).state === "granted";
}
