import { CHILD_HELLO } from "../wire/messages/to_parent.ts";
import { PROTOCOL_VERSION, type WorkerSettings } from "../wire/protocol.ts";
import { VERSION } from "../wire/version.ts";
import { introduce } from "./identity.ts";
import type { Surroundings } from "./life.ts";
import { withholdStorage } from "./storage.ts";
import { ignoreTerminalSignals } from "./streams/terminal_signals.ts";

/** The first message of a parent, without its value. */
export interface ReceivedHello {
  readonly protocol: number;
  readonly version: string;
  readonly settings: WorkerSettings;
}

/** Tells this process what it is, and the parent that it is there. Returns what is to be called when the parent has ended. */
export function answerHello({ parent, output, watches }: Surroundings, settings: WorkerSettings): () => void {
  parent.mark(settings.blockSecret);
  parent.limitFrames(settings.maxFrameBytes);
  output.limitTo(settings.maxFrameBytes);
  output.color(settings.colored);
  const tellParentEnded = introduce(settings);
  if (settings.ignoresKeys !== true) ignoreKeys(settings);
  if (settings.storage !== true) withholdStorage();
  parent.send(CHILD_HELLO);
  output.open();
  watches.descriptors({
    reach: () => parent.shareOutput(settings.mayRun === true ? "processes" : "threads"),
    thread: () => parent.shareOutput("threads"),
  });
  return tellParentEnded;
}

/** Leaves the keys of the terminal to the program, where they reach this process: one of its own, and one that may run commands, has a group of its own. */
export function ignoreKeys({ process, mayRun }: WorkerSettings): void {
  if (process === undefined && mayRun !== true) ignoreTerminalSignals();
}

/** Throws unless both sides speak the same protocol. */
export function checkVersion({ protocol, version }: ReceivedHello): void {
  if (protocol === PROTOCOL_VERSION) return;
  throw new Error(
    `Cannot start the worker: the parent speaks protocol ${protocol} (corral ${version}), ` +
      `the worker speaks ${PROTOCOL_VERSION} (corral ${VERSION}), both must load the same version`,
  );
}
