/** End-to-end: What a task writes to its standard streams, and reads from them, by whatever way: it is the task's, and harms no message. */
import { assertEquals } from "@std/assert";
import { mapTexts, printedByEach } from "../../helpers/programs/pieces.ts";
import { runProgram } from "../../helpers/programs/program.ts";

/** Ways of node:fs to write "one" to stdout: texts of a task's body. */
const FILE_WRITES: readonly string[] = [
  `fs.writeSync(1, "one\\n");`,
  `await new Promise((done) => fs.write(1, "one\\n", done));`,
  `fs.writevSync(1, [Buffer.from("one"), Buffer.from("\\n")]);`,
  `fs.writeFileSync(1, "one\\n");`,
  `fs.appendFileSync(1, "one\\n");`,
  `const stream = fs.createWriteStream("", { fd: 1, autoClose: false });
   await new Promise((done) => stream.end("one\\n", done));`,
];

/** Ways to write "one" to stdout that need no permission: the text of a task's body. */
const WRITES: Record<string, string> = {
  "node:fs": `const fs = await import("node:fs");
    ${FILE_WRITES.map((body) => `{ ${body} }`).join(" console.log('between');")}`,
  "a Node socket":
    `const { Socket } = await import("node:net"); const socket = new Socket({ fd: 1, readable: false, writable: true });
     await new Promise((done) => socket.write("one\\n", done));`,
  "process.stdout": `await new Promise((done) => process.stdout.write("one\\n", done));`,
  "a Node console": `new (await import("node:console")).Console(process.stdout).log("one");`,
  "Deno.stdout": `await Deno.stdout.write(new TextEncoder().encode("one\\n"));`,
  "a thread's console":
    `const thread = new Worker("data:text/javascript,console.log('one');postMessage(0)", { type: "module" });
     await new Promise((done) => thread.onmessage = done); thread.terminate();`,
  "a Node thread": `const { Worker } = await import("node:worker_threads");
     const thread = new Worker("console.log('one')", { eval: true });
     await new Promise((done) => thread.on("exit", done));`,
};

Deno.test("a task prints by every way, in order with its console, and the worker serves on", async () => {
  const outcome = await printedByEach(mapTexts(WRITES, (body) => `
    const pid = await pool.apply(() => Deno.pid);
    await pool.apply(async () => { console.log("before"); ${body} console.log("after"); });
    if (await pool.apply(() => Deno.pid) !== pid) console.log("another worker");
  `));
  const byFiles = `before\n${FILE_WRITES.map(() => "one\n").join("between\n")}after\n`;
  const printed = { ...mapTexts(WRITES, () => "before\none\nafter\n"), "node:fs": byFiles };
  assertEquals(outcome, { printed, stderr: "" });
});

/** Ways to close a standard stream that leave the worker its own. */
const CLOSES: Record<string, string> = {
  "Deno.stdout.close()": "Deno.stdout.close();",
  "Deno.stdin.close()": "Deno.stdin.close();",
  "Deno.stderr.close()": "Deno.stderr.close();",
  "Deno.stdout.writable": "await Deno.stdout.writable.close();",
  "Deno.stdin.readable": "await Deno.stdin.readable.cancel();",
  "process.stdout.destroy()": "process.stdout.destroy();",
  "process.stdout.end()": "await new Promise((done) => process.stdout.end(done));",
  "process.stdin.destroy()": "process.stdin.destroy();",
  "process.stderr.destroy()": "process.stderr.destroy();",
  "fs.closeSync(0)": `(await import("node:fs")).closeSync(0);`,
  "fs.closeSync(2)": `(await import("node:fs")).closeSync(2);`,
  "a pipeline into process.stdout": `const { pipeline } = await import("node:stream/promises");
     const { Readable } = await import("node:stream"); await pipeline(Readable.from([]), process.stdout);`,
};

Deno.test("a task closes a stream by every way, and the next one prints in the same worker", async () => {
  const outcome = await printedByEach(mapTexts(CLOSES, (body) => `
    const pid = await pool.apply(() => Deno.pid);
    await pool.apply(async () => { ${body} });
    await pool.apply(() => console.log("next"));
    if (await pool.apply(() => Deno.pid) !== pid) console.log("another worker");
  `));
  assertEquals(outcome, { printed: mapTexts(CLOSES, () => "next\n"), stderr: "" });
});

/** Ways to close the descriptor itself, behind the library's back. */
const CLOSES_DESCRIPTOR: Record<string, string> = {
  "fs.closeSync(1)": `(await import("node:fs")).closeSync(1);`,
  "fs.close(1)": `const fs = await import("node:fs"); await new Promise((done) => fs.close(1, done));`,
  "a stream on it that ends": `const fs = await import("node:fs");
     await new Promise((done) => fs.createWriteStream("", { fd: 1 }).end("", done));`,
};

Deno.test("a task that closes descriptor 1 by any way is told so, and the next one has a worker", async () => {
  const advice = "error: a task closed descriptor 1 (stdout), by which its worker answers, leave it open: " +
    "a stream closes it at its end unless it has `autoClose: false`";
  const { printed } = await printedByEach(mapTexts(CLOSES_DESCRIPTOR, (body) => `
    const error = await pool.apply(async () => { ${body} return 1; }).catch((error) => error);
    console.log(error.name, error.taskStarted, error.message.split("\\n").at(-1));
    console.log(await pool.apply(Math.sqrt, [4]));
  `));
  assertEquals(printed, mapTexts(CLOSES_DESCRIPTOR, () => `WorkerExitError true ${advice}\n2\n`));
});

Deno.test("a task floods stdout by its number from threads while it returns 10 MB, and both come whole", async () => {
  const { code, stdout, stderr } = await runProgram(`
    await using pool = new Pool({ workers: 1 });
    const sizes = await pool.apply(async () => {
      const source = "for (let i = 0; i < 5000; i++) console.log('x'.repeat(100)); postMessage(0)";
      const threads = [1, 2].map(() => new Worker("data:text/javascript," + encodeURIComponent(source), { type: "module" }));
      globalThis.ends = threads.map((thread) => new Promise((done) => thread.onmessage = done));
      return new Uint8Array(10_000_000).map((_, index) => index * 7);
    }).then((bytes) => bytes.every((byte, index) => byte === (index * 7 & 255)));
    await pool.apply(async () => { await Promise.all(globalThis.ends); });
    console.error(sizes);
  `);
  assertEquals([code, stderr], [0, "true\n"]);
  assertEquals(stdout, `${"x".repeat(100)}\n`.repeat(10_000));
});

Deno.test("a stream of a task refuses what the program's own would, and what is printed is what it takes", async () => {
  const outcome = await runProgram(`
    const printing = async () => {
      const refused = [];
      for (const value of [new Uint16Array(3), new DataView(new ArrayBuffer(9)), new ArrayBuffer(9), "text", undefined]) {
        try { Deno.stdout.writeSync(value); refused.push("taken"); } catch (error) { refused.push(error.name); }
        const written = Deno.stdout.write(value);
        refused.push(await written.then(() => "taken", ({ name }) => name));
      }
      await Deno.stdout.write(new TextEncoder().encode("- one\\n").subarray(2));
      await Deno.stdout.writable.getWriter().write(new TextEncoder().encode("two\\n"));
      return refused.join(" ");
    };
    const own = await printing();
    await using pool = new Pool({ workers: 1 });
    console.log(await pool.apply(printing) === own, own);
  `);
  const refused = Array.from({ length: 10 }, () => "TypeError").join(" ");
  assertEquals(outcome.stdout, `one\ntwo\none\ntwo\ntrue ${refused}\n`);
});

Deno.test("a program whose stdout was replaced by a function that only keeps what it gets, as a test does, goes on", async () => {
  const outcome = await runProgram(`
    for (const answer of [undefined, 0]) {
      let printed = "";
      let calls = 0;
      const { writeSync } = Deno.stdout;
      Deno.stdout.writeSync = (bytes) => {
        if (++calls > 10) throw Deno.exit(1);
        printed += new TextDecoder().decode(bytes);
        return answer;
      };
      { await using pool = new Pool({ workers: 1 }); await pool.apply(() => console.log("one")); }
      Deno.stdout.writeSync = writeSync;
      console.log(printed.trim(), calls);
    }
  `);
  assertEquals(outcome.stdout, "one 1\none 1\n");
});
