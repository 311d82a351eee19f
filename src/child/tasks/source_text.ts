/**
 * Compiles functions that were sent as text, so that the bare imports in them resolve as in the program. Deno resolves by where a script lies, and the
 * text's own module is not known: it gets a place in the folder of the project, and a relative import, which would lead anywhere from there, is
 * refused. See `docs/decisions/resolving.md`.
 */
import { denoInternals } from "../../deno_internals.ts";
import { ownProcess } from "../../own_process.ts";

type Evaluate = (text: string) => unknown;

// Taken before user code can replace them.
const evaluateGlobally: Evaluate = eval;
const { evalContext } = denoInternals.core ?? {};

/** So deep that no `../` leads out of it; nothing is there. */
const NOWHERE = ".corral-source-text/";
const LEVELS = "1/2/3/4/5/6/7/8/";
/** What is named so has no file, and `deno test --coverage` looks for none. */
const NO_FILE = "__anonymous__";

let evaluate: Evaluate | undefined;

/** Evaluates a text as a script of its own. */
export function evaluateText(text: string): unknown {
  evaluate ??= evaluateIn(ownProcess().project?.folder);
  return evaluate(text);
}

function evaluateIn(folder: string | undefined): Evaluate {
  if (folder === undefined || evalContext === undefined) return evaluateGlobally;
  // What a script evaluates takes over where the script lies.
  const [make] = evalContext("(evaluate) => (text) => evaluate(text)", folder + NOWHERE + LEVELS + NO_FILE);
  return (make as (evaluate: Evaluate) => Evaluate)(evaluateGlobally);
}

/**
 * The message of an error of an import, without the place that is not a file's; and whether the import was a relative one. The words are those of
 * Deno 2.9.6, which has no field for either; `tests/faults/code/source_functions_test.ts` has it say them.
 */
export function importMessage(message: string): { readonly text: string; readonly isRelative: boolean } {
  if (message.startsWith('Import "')) {
    const text = message.replace(/ from "[^"\n]*"/, "");
    return { text, isRelative: /^Import "\.{0,2}\/[^"]*" not a dependency/.test(text) };
  }
  const index = message.indexOf(NOWHERE);
  if (index < 0) return { text: message, isRelative: message.includes("cannot-be-a-base") };
  const [, levels, rest] = /^((?:\d\/)*)([^"\s]*)/.exec(message.slice(index + NOWHERE.length))!;
  const up = (LEVELS.length - levels!.length) / 2;
  return { text: `Cannot import "${up === 0 ? "./" : "../".repeat(up)}${rest}"`, isRelative: true };
}
