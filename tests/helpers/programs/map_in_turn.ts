import { type CorralOutcome, inFolder } from "./corral.ts";
import { corralInTurn } from "./in_turn.ts";

/** A run of `corral map`, in a folder that has these files and no others. */
export interface MapInTurn {
  readonly args: readonly string[];
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** Runs `corral map` for each, as `corralInTurn()` does, with one worker and the permissions of `mapByOne()`. */
export async function mapInTurn<const Runs extends readonly MapInTurn[]>(
  runs: Runs,
): Promise<{ [At in keyof Runs]: CorralOutcome }> {
  return await inFolder(async (root) => {
    const folders = runs.map((_, at) => `${root}/${at}`);
    for (const [at, { files = {} }] of runs.entries()) {
      await Deno.mkdir(folders[at]!);
      for (const [name, content] of Object.entries(files)) {
        const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
        await Deno.writeFile(`${folders[at]}/${name}`, bytes);
      }
    }
    const commands = runs.map(({ args }) => ["map", "-j", "1", ...args]);
    const outcomes = await corralInTurn(commands, { folders });
    return outcomes as { [At in keyof Runs]: CorralOutcome };
  });
}
