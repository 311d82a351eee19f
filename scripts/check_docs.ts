/**
 * Checks that everything that is exported has a doc comment, and that there is an example where there is something to
 * show: every class, function and value has one, and every method occurs in an example of its class.
 *
 *     deno run --allow-run=deno scripts/check_docs.ts
 *
 * That the comments are complete otherwise, `deno doc --lint` checks; that the examples run, `deno task test:doc` does.
 */
import config from "../deno.json" with { type: "json" };

/** `await` calls it, not people. */
const NOT_SHOWN = ["then"];

/** The part of the output of `deno doc --json` that is used. */
export interface DocOutput {
  nodes: Record<string, { symbols: { name: string; declarations: Declaration[] }[] }>;
}

interface Declaration extends Documented {
  kind: string;
  location: { filename: string; line: number };
  def?: { methods?: Member[]; properties?: Member[] };
}

interface Member extends Documented {
  name: string;
  kind?: string;
  accessibility?: string;
}

interface Documented {
  jsDoc?: { doc?: string; tags?: { kind: string; doc?: string }[] };
}

/** Lists what is missing, one line each. A symbol that is exported twice counts once. */
export function findGaps({ nodes }: DocOutput): string[] {
  const symbols = Object.values(nodes).flatMap(({ symbols }) => symbols);
  return [...new Set(symbols.flatMap(({ name, declarations }) => gapsOf(name, declarations)))].sort();
}

function gapsOf(name: string, declarations: Declaration[]): string[] {
  const own = declarations.filter(({ kind }) => kind !== "reference");
  const gaps = own.flatMap(({ def }) => memberGaps(name, def?.methods ?? [], def?.properties ?? []));
  if (own.length > 0 && !own.some(isDescribed)) gaps.push(`${name} has no doc comment`);
  const isShowable = own.some(({ kind }) => ["class", "function", "variable"].includes(kind));
  if (isShowable && !own.some((declaration) => examplesOf(declaration) !== "")) gaps.push(`${name} has no example`);
  return gaps.concat(own.flatMap((declaration) => hiddenMethods(name, declaration)));
}

/** Overloads and accessors are described once. */
function memberGaps(owner: string, ...lists: Member[][]): string[] {
  const byName = Map.groupBy(lists.flat().filter(isPublic), ({ name }) => name);
  return [...byName].filter(([, members]) => !members.some(isDescribed)).map(([name]) =>
    `${owner}.${name} has no doc comment`
  );
}

function hiddenMethods(owner: string, declaration: Declaration): string[] {
  if (declaration.kind !== "class") return [];
  const methods = (declaration.def?.methods ?? []).filter(isPublic);
  const examples = [declaration, ...methods].map(examplesOf).join("\n");
  const names = methods.filter(({ kind, name }) => kind === "method" && /^\w+$/.test(name) && !NOT_SHOWN.includes(name))
    .map(({ name }) => name);
  return names.filter((name) => !new RegExp(`\\b${name}(<.*>)?\\(`).test(examples))
    .map((name) => `${owner}.${name} is in no example`);
}

const isPublic = ({ accessibility }: Member): boolean => accessibility !== "private";

const isDescribed = ({ jsDoc }: Documented): boolean => Boolean(jsDoc?.doc?.trim() || jsDoc?.tags?.length);

/** The code of the blocks in a doc comment. */
function examplesOf({ jsDoc }: Documented): string {
  const text = [jsDoc?.doc, ...(jsDoc?.tags ?? []).map(({ doc }) => doc)].join("\n");
  return [...text.matchAll(/^```ts.*\n([\s\S]*?)^```/gm)].map(([, code]) => code).join("\n");
}

if (import.meta.main) {
  const { success, stdout } = await new Deno.Command("deno", {
    args: ["doc", "--json", ...Object.values(config.exports)],
    cwd: new URL("../", import.meta.url),
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("Cannot read the doc comments: deno doc failed");
  const gaps = findGaps(JSON.parse(new TextDecoder().decode(stdout)));
  for (const gap of gaps) {
    // deno-lint-ignore no-console
    console.error(gap);
  }
  // deno-lint-ignore no-console
  console.log(`Doc comments: ${gaps.length} gaps`);
  if (gaps.length > 0) Deno.exit(1);
}
