/**
 * Runs in the workers of `corral map`: takes blocks of records, calls the user's function for each, and sends back
 * bytes to be written. It gets there as text, so that it needs nothing of the machine's cache; see `cli/run/runner_function.ts`.
 */
export { createRunner } from "./runner.ts";
export { createServedRunner } from "./served_runner.ts";
