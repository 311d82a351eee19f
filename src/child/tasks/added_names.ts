/** Names in the text of a function that nobody wrote there: bundlers, compilers and coverage tools put them in, and define them elsewhere. */

/** What bundlers put around a function that is to keep its name. */
export const KEEP_NAME = '((define)=>(fn,value)=>define(fn,"name",{value,configurable:true}))(Object.defineProperty)';

/** What esbuild calls that, where it does not shorten names. */
export function usualNameKeeper(source: string): string | undefined {
  return source.includes("__name(") && !("__name" in globalThis) ? "__name" : undefined;
}

const COUNTER = /^(?:cov_\w+|__cov\w*|_\$\w*cov\w*)$/i;
const HELPER = /^(?:__[A-Za-z]\w*|_(?:[a-z]+_)+[a-z]+\d*|tslib_\d+|import_\w+)$/;
const BY_NAME = "pass the name of an export of the pool's module in place of the function";

/** Says of a variable that is missing what puts it into functions: a tool, and not who wrote them. */
export function explainAdded(name: string, source: string): string | undefined {
  if (COUNTER.test(name)) {
    return `has "${name}" in it, by which a coverage tool counts: have the tool leave the function out, or ${BY_NAME}`;
  }
  if (HELPER.test(name)) {
    return `has "${name}" in it, which looks like a helper of a compiler or bundler: have it write for a newer target, or ${BY_NAME}`;
  }
  if (name.length > 2 || !isMinified(source)) return undefined;
  return `cannot see "${name}", which a minifier named, a variable outside itself or a helper of the bundler: bundle without ` +
    `--keep-names and for a newer target, pass what it needs as arguments, or ${BY_NAME}`;
}

const STRING = /(["'`])(?:\\.|(?!\1).)*\1/gs;
const LAID_OUT = / [-+*/%=<>&|?:]|[,;)] |\n/;
const PACKED = /^(?:async )?[\w$]+=>|[,;{](?=[^\s}])/;

/** Whether a minifier has packed the text. That blanks are missing does not say it: Deno makes `(n)=>f(n)` of anybody's TypeScript. */
function isMinified(source: string): boolean {
  const code = source.replace(STRING, '""');
  return !LAID_OUT.test(code) && PACKED.test(code);
}
