/** What an agent says of itself, as the name of its Relay node: at most 256 characters. */

/** An agent that serves. */
export interface AgentInfo {
  /** Its name; the machine's unless it was given one. */
  readonly name: string;
  /** How many tasks it runs at once. */
  readonly lanes: number;
  /** The names of the code it serves: the first 16 digits of the hash, or a `codeVersion`. */
  readonly modules: readonly string[];
  /** The version of corral. */
  readonly corral: string;
  /** When it started. */
  readonly startedAt: Date;
}

/** What stands in the name of an agent's node. */
export interface Presence {
  readonly name: string;
  readonly lanes: number;
  readonly code: string;
  readonly corral: string;
}

/** As many workers as a pool may have. What others say of themselves is not signed, and must not fill a client's memory. */
export const MOST_LANES = 65_536;

const MARK = "corral-agent ";
const MOST_CHARACTERS = 256;

/** The name of an agent's node. */
export function presenceText({ name, lanes, code, corral }: Presence): string {
  const text = MARK + JSON.stringify([name, lanes, code, corral]);
  if (text.length <= MOST_CHARACTERS) return text;
  return presenceText({
    name: name.slice(0, name.length - (text.length - MOST_CHARACTERS)),
    lanes,
    code,
    corral,
  });
}

/** Reads the name of a node; nothing when it is not an agent's. */
export function readPresence(text: unknown): Presence | undefined {
  if (typeof text !== "string" || !text.startsWith(MARK)) return undefined;
  try {
    const [name, lanes, code, corral] = JSON.parse(text.slice(MARK.length));
    if (typeof name !== "string" || typeof code !== "string") return undefined;
    if (!Number.isInteger(lanes) || lanes < 1 || lanes > MOST_LANES) return undefined;
    return { name: plain(name), lanes, code: plain(code), corral: plain(String(corral)) };
  } catch {
    return undefined;
  }
}

/** A text that can stand in an error, on a line of a terminal: it may come from anybody who can connect to the server. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "�");
}
