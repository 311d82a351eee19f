/**
 * The entry of every worker process. Its parent starts `deno run` on a few lines that read this side of the library, as one
 * text, from its input (`deno task child:build` makes it), and call `serve()`.
 */
import { sharedLater } from "../copies.ts";
import { loadHandleClassesBy } from "../hub/handle.ts";
import { joinParent } from "../hub/parent_peer.ts";
import { decode } from "../wire/codec/codec.ts";
import { type ParentMessage, readParentMessage } from "../wire/messages/to_child.ts";
import type { ProcessInput } from "../wire/protocol.ts";
import { watchDescriptors } from "./streams/descriptor_watch.ts";
import type { LoadedModule } from "./tasks/functions.ts";
import type { Life, Surroundings } from "./life.ts";
import { hearUncaught, watchIdleness } from "./tasks/left_behind.ts";
import { OutputRouter } from "./streams/output_router.ts";
import type { InputFile } from "./streams/parent_input.ts";
import { ParentLink } from "./parent_link.ts";
import { ProcessLife } from "./process_life.ts";
import { takeStdio } from "./streams/stdio.ts";
import { WorkerLife } from "./worker_life.ts";

// "error: " marks the line that the program quotes.
const STDOUT_CLOSED = "error: a task closed descriptor 1 (stdout), by which its worker answers, leave it open: " +
  "a stream closes it at its end unless it has `autoClose: false`\n";

type HelloMessage = Extract<ParentMessage, ["hello", ...unknown[]]>;

/**
 * Serves the parent on its input and stdout until it says stop, or is gone.
 *
 * @param load Imports the user's module.
 * @param input What the parent's messages come by.
 * @param loadHandleClasses Evaluates the classes of shared objects. Most tasks share nothing, and start faster without them.
 */
export function serve(
  load: (() => Promise<LoadedModule>) | undefined,
  input: InputFile,
  loadHandleClasses: () => void,
): void {
  let life: Life | undefined;
  const exit = Deno.exit.bind(Deno);
  const currentTask = () => life?.currentTask ?? 0;
  const output = new OutputRouter({
    send: (text, parts) => parent.send(text, parts),
    writeStderr: Deno.stderr.writeSync.bind(Deno.stderr),
    currentTask,
  });
  output.hold();
  const watches = { descriptors: watchDescriptors, uncaught: hearUncaught, idleness: watchIdleness };
  const streams = takeStdio(input, output.print, () => {
    output.printError(STDOUT_CLOSED);
    return exit(1);
  });
  const parent: ParentLink = new ParentLink({
    streams,
    join: (transport) => {
      endWaitForHub();
      return joinParent(transport, currentTask);
    },
    onFrame: receive,
    needsParentOnly,
  });
  // The module may have a copy of the library that asks for it first.
  const endWaitForHub = sharedLater("hub", () => parent.shared.join());
  loadHandleClassesBy(loadHandleClasses);

  function needsParentOnly(): boolean {
    // Processes behind this one need the event loop, and so does what the parent has asked for.
    if (parent.shared.hasOtherPeers || parent.shared.servesLater) return false;
    return life?.isIdle || parent.shared.waits;
  }

  function receive(text: string, parts: Uint8Array[], bytes: number): void {
    const message = readParentMessage(text);
    if (message[0] === "hello") life = beginLife({ parent, output, load, exit, watches }, message, parts);
    else if (message[0] === "stop") exit(0);
    else if (message[0] === "wake") parent.standby.leave();
    else if (!parent.shared.receive(message, parts, bytes)) life?.receive(message as ParentMessage, parts);
  }

  // A parent that vanished closes the pipe; there is nobody left to work for.
  parent.run().then(() => life === undefined ? exit(0) : life.parentEnded(), (error) => {
    output.printError(`Cannot read what the parent sent: ${Deno.inspect(error)}\n`);
    exit(1);
  });
}

function beginLife(surroundings: Surroundings, hello: HelloMessage, parts: Uint8Array[]): Life {
  const [, protocol, version, settings, tagged, value] = hello;
  const input = decode(value, tagged === 1, parts, surroundings.parent.shared.handles);
  if (settings.process === undefined) {
    const life = new WorkerLife(surroundings, { protocol, version, settings });
    life.begin(input as unknown[]);
    return life;
  }
  const life = new ProcessLife(surroundings, { protocol, version, settings }, settings.process);
  life.begin(input as ProcessInput);
  return life;
}
