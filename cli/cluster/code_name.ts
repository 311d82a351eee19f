import { hashOf } from "../output/record_hash.ts";
import { RUNNER_SOURCE } from "../run/runner_source.js";

const RUNNER_DIGITS = 8;

/**
 * The name of what an agent of the command serves: its runner, and a module's code. Both are there before any order, and an order
 * finds only agents that have the same; those of `corral-agent`, which serve the same module to pools, have another name.
 */
export function servedName(moduleCode: string): string {
  return `map-${hashOf(RUNNER_SOURCE).slice(0, RUNNER_DIGITS)}@${moduleCode}`;
}
