import { type ChildProgram, programOf } from "../../../src/worker/program/child_program.ts";

/** A program for a worker: loads the module, calls its `probe()`, and prints one line of JSON. */
export const PROBE: ChildProgram = programOf([
  `() => async (load) => {
    try {
      const module = await load?.();
      const result = await module?.probe?.();
      console.log(JSON.stringify({ exports: Object.keys(module ?? {}), result }));
    } catch ({ name, message }) {
      console.log(JSON.stringify({ error: name, message }));
    }
  }`,
]);
