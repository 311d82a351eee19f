/** End-to-end tests of the process that ends workers for a program. */
import { assertEquals } from "@std/assert";
import { programCommand } from "../helpers/programs/program.ts";

const HANG_LIMIT_MS = 30_000;
const REAPER = import.meta.resolve("../../src/worker/reaper.ts");

// Deno alone may be started, so the reaper is one, and kills for the program.
const TAKEN_BACK = `
  const { Reaper } = await import(${JSON.stringify(REAPER)});
  const ended = new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "null" }).spawn();
  await ended.status;
  const reaper = new Reaper();
  const first = reaper.share();
  first.watch(ended.pid, false);
  first.killGroup(ended.pid);
  const released = first.release();
  reaper.share();
  await released;
  console.log("released");
`;

Deno.test("Reaper lets its program end where somebody took a share while it was about to stop", async () => {
  const program = programCommand(TAKEN_BACK).spawn();
  const timer = setTimeout(() => program.kill("SIGKILL"), HANG_LIMIT_MS);
  const { signal, code, stdout, stderr } = await program.output();
  clearTimeout(timer);
  const [printed, told] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals({ signal, code, printed, told }, { signal: null, code: 0, printed: "released\n", told: "" });
});
