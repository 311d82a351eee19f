/**
 * What the library advises the owner of a pool, said to one whose workers are those of an agent: there, permissions are the agent's flags, and a
 * pool that has them is refused.
 */

const GRANT = /`permissions: \{ (\w+): (?:true|\["((?:[^"\\]|\\.)*)"\]) \}`/g;

/** Agents have the usual limit. */
const LIMIT = ", or raise maxFrameBytes";

/** The text of an error with the flags of an agent in the place of a pool's options. */
export function inAgentWords(text: string): string {
  if (!text.includes("`permissions: ") && !text.includes(LIMIT)) return text;
  return text
    .replaceAll(LIMIT, "")
    .replaceAll(
      "in a corral worker: grant it with `permissions",
      "in a worker of an agent: start agents with `permissions",
    )
    .replaceAll(
      GRANT,
      (_, kind: string, item: string | undefined) => `\`--allow-${kind}${item === undefined ? "" : `=${item}`}\``,
    )
    .replaceAll("or grant `--allow-", "or start agents with `--allow-");
}
