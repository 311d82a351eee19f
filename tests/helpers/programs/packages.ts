/**
 * Where programs that tests start find the library and the command: in a run of all tests, in the packages as they are published, which
 * `scripts/run_tests.ts` makes once for all; else in the sources. Those are some 260 files, and to look them up and to read them takes more
 * than half of what the start of a program costs.
 */
import { fileURLToPath } from "node:url";

const made = Deno.env.get("CORRAL_TEST_PACKAGES");
/** The folder of the packages, or of the sources. */
export const PACKAGES: URL = new URL(made ?? import.meta.resolve("../../../"));
const place = (path: string): string => new URL(path, PACKAGES).href;

/** The folder of the packages, if they were made. */
export const MADE_PACKAGES: string | undefined = made && fileURLToPath(made);
/** The library. */
export const LIBRARY = place(made === undefined ? "mod.ts" : "built/mod.js");
/** The command. */
export const COMMAND = place(made === undefined ? "cli/main.ts" : "cli/built/main.js");
/** The command of agents. */
export const AGENT = place(made === undefined ? "cluster/agent.ts" : "cluster/built/agent.js");
/** The path of the configuration that the commands need. */
export const COMMAND_CONFIG = fileURLToPath(place("deno.json"));
