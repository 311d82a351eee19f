import { makeLocalBackend, type PoolOptions, type TaskBackend } from "../corral.ts";

/** What an agent is started with. */
export interface AgentSite {
  /** The agent's name. */
  readonly name: string;
  /** The URL of its module; `undefined` for none. */
  readonly moduleUrl: string | undefined;
  /** Whether functions may come as text. */
  readonly allowInline: boolean;
}

/** Called with what a task printed: bytes of UTF-8, which may end within a character, and must be used or copied at once. */
export type TaskOutput = (taskId: number, bytes: Uint8Array) => void;

/**
 * The command that an agent is a part of. `corral-agent` serves the exports of a module as they are; another command can serve
 * a function of its own in front of them, as `corral agent` does for `corral map`.
 */
export interface AgentHost {
  /** What is typed to start it, for messages. */
  readonly command: string;
  /** What it is for, the first line of its help. */
  readonly purpose: string;
  /** Flags that have no meaning for it, without the hyphens. */
  readonly without: readonly string[];
  /** Returns why it cannot start with these flags; `undefined` when it can. */
  refusal(site: Omit<AgentSite, "name">): string | undefined;
  /** Returns the name to which orders are addressed, given that of the module's code. It differs where the same order would mean something else. */
  codeName(module: string): string;
  /** Makes what runs the orders. `options` are those of a pool, made of the flags. */
  open(options: PoolOptions, site: AgentSite, onOutput: TaskOutput): TaskBackend;
}

/** The host of `corral-agent`. */
export const OWN_HOST: AgentHost = {
  command: "corral-agent",
  purpose: "Runs tasks of corral pools that other machines submit.",
  without: [],
  refusal: () => undefined,
  codeName: (module) => module,
  open: (options, _site, onOutput) =>
    makeLocalBackend(options, { output: (_worker, taskId, _stream, bytes) => onOutput(taskId, bytes) }),
};
