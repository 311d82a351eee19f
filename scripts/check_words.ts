/**
 * Checks that texts do without the words that slow a reader down: see "Words" in CONTRIBUTING.md.
 *
 *     deno run --allow-read=. scripts/check_words.ts
 *
 * Comments, error texts and documents are all read, so every line of every TypeScript and Markdown file counts.
 */

/** A word or a turn of phrase that is not used, and what to write. */
export interface Rule {
  readonly pattern: RegExp;
  readonly instead: string;
  /** Only in files whose path matches. */
  readonly where?: RegExp;
}

/** A place where a rule is broken. */
export interface Finding {
  /** From 1. */
  readonly line: number;
  readonly found: string;
  readonly instead: string;
}

/** The pages that people learn from. Elsewhere "may" can be about what is allowed. */
const LEARNING = /^(?:README\.md|(?:cli|cluster)\/README\.md|docs\/(?!design|benchmarks)[a-z_]+\.md)$/;

/** All rules. Case does not matter. */
export const RULES: readonly Rule[] = [
  { pattern: /\bwho(?:so)?ever\b/i, instead: 'name the one who acts: "the caller", "the worker", "code that …"' },
  { pattern: /\bheed(?:s|ed|ing)?\b/i, instead: '"react to", "listen to"' },
  { pattern: /\blest\b/i, instead: '"so that … not"' },
  { pattern: /\bin vain\b/i, instead: '"for nothing", or what happened' },
  { pattern: /\bbefall(?:s|en)?\b|\bbefell\b/i, instead: '"happen to"' },
  { pattern: /\banew\b/i, instead: '"again"' },
  { pattern: /\bshall\b/i, instead: '"must", "is to"' },
  { pattern: /\b(?:is|are) as good as\b/i, instead: '"is as powerful as", "equals"' },
  { pattern: /\bwhat (?:is|are) no\b/i, instead: '"anything that is not a …"' },
  { pattern: /\b(?:that|which|who) (?:is|are) none\b/i, instead: 'say what it is not: "that is not a …", "invalid"' },
  {
    pattern: /\b(?:that|which|it) (?:is|are) no (?!longer\b|more\b|such\b|use\b|limit\b|fault\b)[a-z]/i,
    instead: '"is not a …"',
  },
  { pattern: /\bnobody (?:else )?but\b/i, instead: '"only …"' },
  {
    pattern: /(?:^(?:- )?|[.;:] )who (?:can|has|is|reads|writes|needs|wants|holds|waits|asks)\b(?![^.]*\?)/i,
    instead: '"anyone who …", "a caller that …"',
    where: LEARNING,
  },
  { pattern: /\btells? of\b|\btold of\b/i, instead: '"reports", "is told about"', where: LEARNING },
  { pattern: /\bmay\b/, instead: '"can"; for a chance "might"', where: LEARNING },
];

/** What a page quotes as it stands: code, texts of errors, and text between quotation marks. */
const QUOTED = /`[^`]*`|"[^"]*"|^>.*$/g;

/** Finds what breaks the rules in one text. */
export function findWords(path: string, text: string, rules: readonly Rule[] = RULES): Finding[] {
  const own = rules.filter(({ where }) => where === undefined || where.test(path));
  const isPage = path.endsWith(".md");
  return text.split("\n").flatMap((full, index) => {
    const line = isPage ? full.replaceAll(QUOTED, "") : full;
    return own.flatMap(({ pattern, instead }) => {
      const found = pattern.exec(line)?.[0];
      return found === undefined ? [] : [{ line: index + 1, found, instead }];
    });
  });
}

/** Texts of others, texts that a task makes from others, and the rules themselves. */
const LEFT_OUT =
  /(?:^|\/)(?:node_modules|\.git|site|dist|built)\/|help_topics\.ts$|check_words(?:_test)?\.ts$|^CHANGELOG\.md$/;

async function* textFiles(folder: URL, prefix = ""): AsyncIterable<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(prefix, folder))) {
    const path = prefix + name + (isDirectory ? "/" : "");
    if (LEFT_OUT.test(path) && path !== "scripts/site/") continue;
    if (isDirectory) yield* textFiles(folder, path);
    else if (/\.(?:ts|mjs|md)$/.test(name)) yield path;
  }
}

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  let files = 0;
  let findings = 0;
  for await (const path of textFiles(root)) {
    files++;
    for (const { line, found, instead } of findWords(path, await Deno.readTextFile(new URL(path, root)))) {
      findings++;
      // deno-lint-ignore no-console
      console.error(`${path}:${line}: "${found}", better ${instead}`);
    }
  }
  // deno-lint-ignore no-console
  console.log(`Words: ${files} files, ${findings} to change`);
  if (findings > 0) Deno.exit(1);
}
