/** The code blocks of the project's Markdown files. */

const ROOT = new URL("../../../", import.meta.url);
const FENCE = /^( *)```(.*)$/;

/** A block between two fences. */
export interface CodeBlock {
  /** The file, relative to the root. */
  readonly path: string;
  /** The line of its first fence, counted from 1. */
  readonly line: number;
  /** What stands behind the fence. */
  readonly language: string;
  readonly text: string;
}

/** All blocks of the Markdown files in the root and in `docs/`. */
export async function codeBlocks(): Promise<CodeBlock[]> {
  const paths = await Promise.all(["", "docs/"].map(markdownFiles));
  return (await Promise.all(paths.flat().map(blocksOf))).flat();
}

async function markdownFiles(folder: string): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(new URL(folder, ROOT)), ({ name }) => name);
  return names.filter((name) => name.endsWith(".md")).map((name) => folder + name).sort();
}

async function blocksOf(path: string): Promise<CodeBlock[]> {
  return blocksIn(path, await Deno.readTextFile(new URL(path, ROOT)));
}

/** The blocks of a text, that of the file `path`. */
export function blocksIn(path: string, text: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { line: number; indent: string; language: string; lines: string[] } | undefined;
  for (const [index, shown] of text.split("\n").entries()) {
    const [, indent, language] = FENCE.exec(shown) ?? [];
    if (open === undefined) {
      if (indent !== undefined) open = { line: index + 1, indent, language: language!.trim(), lines: [] };
    } else if (indent === open.indent && language === "") {
      blocks.push({ path, line: open.line, language: open.language, text: open.lines.join("\n") });
      open = undefined;
    } else {
      open.lines.push(shown.slice(open.indent.length));
    }
  }
  if (open !== undefined) throw new Error(`The block in line ${open.line} of ${path} has no end`);
  return blocks;
}
