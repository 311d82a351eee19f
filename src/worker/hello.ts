import { ProtocolError } from "../errors.ts";
import type { Handle } from "../hub/handle.ts";
import { ownProcess } from "../own_process.ts";
import type { Encoded } from "../wire/codec/codec.ts";
import { requireFrameFits } from "../wire/framing/frame_buffer.ts";
import { sayingWhat } from "../wire/unsendable.ts";
import { findOpenTelemetry } from "../tracing/open_telemetry.ts";
import { writeHello } from "../wire/messages/to_child.ts";
import type { HubMessage } from "../wire/messages/hub_messages.ts";
import type { ChildMessage } from "../wire/messages/to_parent.ts";
import { PROTOCOL_VERSION, type WorkerSettings } from "../wire/protocol.ts";
import { VERSION } from "../wire/version.ts";
import type { ResolvedLaunchOptions } from "./launch_options.ts";
import { coloredStreams } from "./surroundings.ts";

// What the message adds to the value and the settings, which are counted: its kind and its numbers.
const MESSAGE_HEAD_BYTES = 128;

/** The first message to a worker. */
export interface Hello {
  readonly text: string;
  readonly parts: readonly Uint8Array[];
  /** The handles in it: the worker may use them. */
  readonly handles: readonly Handle[];
}

/** What a worker is told about itself alone. */
export type OwnSettings = Pick<WorkerSettings, "workerId" | "concurrency" | "initializer" | "process">;

/** What the workers of one owner have in common, beside their options. */
type CommonSettings =
  & Required<Pick<WorkerSettings, "memoryMarker" | "blockSecret" | "project">>
  & Pick<WorkerSettings, "mayRun" | "ignoresKeys">;

/** What a hello carries beside the settings. */
export interface HelloInput {
  readonly value: Encoded;
  readonly handles: readonly Handle[];
}

/**
 * Makes the first message to a worker.
 *
 * @throws {PayloadTooLargeError} If it does not fit a message.
 */
export function makeHello(
  { maxFrameBytes, memoryLimitMiB, functions, storage }: ResolvedLaunchOptions,
  specific: OwnSettings & CommonSettings,
  { value, handles }: HelloInput,
): Hello {
  const settings: WorkerSettings = {
    ...specific,
    maxFrameBytes,
    memoryLimitMiB: memoryLimitMiB ?? null,
    colored: coloredStreams(),
    parentName: ownProcess().name,
    ...(functions === "exports" && { exportsOnly: true as const }),
    ...(storage && { storage: true as const }),
    ...(findOpenTelemetry()?.tracer !== undefined && { traced: true as const }),
  };
  const text = writeHello(settings, value);
  try {
    requireFrameFits(text, value.parts, maxFrameBytes, MESSAGE_HEAD_BYTES);
  } catch (error) {
    throw sayingWhat(error, "what the worker is given when it starts");
  }
  return { text, parts: value.parts, handles };
}

/** Checks that the first message of a worker is a hello, and of the same version. Throws ProtocolError. */
export function checkHello(message: ChildMessage | HubMessage): void {
  if (message[0] !== "hello") {
    throw new ProtocolError(`the first message is ${JSON.stringify(message[0])}, not "hello"`);
  }
  if (message[1] === PROTOCOL_VERSION) return;
  throw new ProtocolError(
    `it speaks protocol ${message[1]} (corral ${
      message[2]
    }), this program speaks ${PROTOCOL_VERSION} (corral ${VERSION})`,
  );
}
