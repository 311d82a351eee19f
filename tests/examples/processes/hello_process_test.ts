// End-to-end: processes by function and by subclass, run as a user runs them.
import { assertEquals, assertMatch } from "@std/assert";
import { linesOf } from "../../helpers/programs/run_example.ts";

Deno.test("examples/hello_process tells names, process ids and exit codes, and that a list is not shared", async () => {
  const lines = await linesOf("hello_process");
  const main = lines.filter((line) => line.startsWith("main: "));
  const started = main.slice(1, 5).map((line) => /^main: started (\S+) with pid (\d+), alive: true$/.exec(line)!);
  assertEquals(started.map(([, name]) => name), ["Process-1", "greeter", "exits", "loops"]);
  const pids = [/^main: my pid is (\d+)$/.exec(main[0]!)![1]!, ...started.map(([, , pid]) => pid!)];
  assertEquals(new Set(pids).size, 5);

  const [own, byFunction, bySubclass] = pids;
  const greetings = lines.filter((line) => line.includes(": hello, "));
  assertEquals(greetings.filter((line) => line.startsWith("Process-1")), [
    `Process-1: hello, Ada; my pid is ${byFunction}, my parent's ${own}, I greeted Ada`,
  ]);
  assertEquals(greetings.filter((line) => line.startsWith("greeter")), [
    `greeter: hello, Grace; my pid is ${bySubclass}, my parent's ${own}, I greeted Grace`,
    `greeter: hello, Edsger; my pid is ${bySubclass}, my parent's ${own}, I greeted Grace,Edsger`,
  ]);
  assertEquals(main.slice(5, -1), [
    "main: Process-1 ended with exit code 0, alive: false",
    "main: greeter ended with exit code 0, alive: false",
    "main: exits ended with exit code 3, alive: false",
    "main: loops ended with exit code -15, alive: false",
  ]);
  assertMatch(lines.at(-1)!, /^main: I greeted 0 people/);
  assertEquals(main.length + greetings.length, lines.length);
});
