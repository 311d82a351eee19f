/** Unit tests of the generated source itself: `src/worker/child_source.js`. */
import { assertEquals } from "@std/assert";

const SOURCE = new URL("../../src/worker/child_source.js", import.meta.url).href;

/** Evaluates the core in a process of its own, with an `Error` that counts. Prints how many were made. */
const PROGRAM = `
import { CHILD_SCRIPTS } from ${JSON.stringify(SOURCE)};
let made = 0;
globalThis.Error = class Error extends globalThis.Error {
  constructor(...args) {
    super(...args);
    made++;
  }
};
const [core, ...rest] = CHILD_SCRIPTS;
(0, eval)(core)((index) => (0, eval)(rest[index]));
console.log(made);
`;

Deno.test("The child's source makes no error while it is evaluated: a stack would have V8 parse all of it again", async () => {
  const { stdout } = await new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", "--no-config", `data:text/javascript,${encodeURIComponent(PROGRAM)}`],
    stderr: "inherit",
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "0\n");
});
