import type { Circumstances } from "../../src/worker/circumstances.ts";

/** A trusted worker of a program whose files can be looked at, where nothing is hidden or denied. */
export const OPEN: Circumstances = {
  module: "/srv/tasks.ts",
  folder: "/srv/",
  mayReadFolder: true,
  config: "/srv/deno.json",
  flagsAreKnown: true,
  trust: "trusted",
  mayRun: false,
  cwd: undefined,
  temporaryFolder: "/tmp",
  isHidden: () => false,
  isDenied: () => false,
};
