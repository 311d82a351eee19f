// End-to-end: what a function prints faster than it is read.
import { assert, assertEquals } from "@std/assert";
import { corralCommand, inFolder } from "../../helpers/programs/corral.ts";

const LINE_BYTES = 100_000;

/** Record 1 prints for ever, and says how often it did; the others print nothing. */
const jobText = (file: string) => `
  const line = "x".repeat(${LINE_BYTES - 1});
  export default (n: number) => {
    for (let count = 1; n === 1; count++) {
      console.log(line);
      Deno.writeTextFileSync(${JSON.stringify(file)}, String(count));
    }
    return n;
  };
`;

Deno.test("corral map has a function wait that prints what nobody reads, lets others go on, and ends it for its time", () =>
  inFolder(async (folder) => {
    const [job, data] = [`${folder}/job.ts`, `${folder}/data`];
    const [counted, output] = [`${data}/counted`, `${folder}/output`];
    await Deno.mkdir(data);
    await Deno.writeTextFile(job, jobText(counted));
    const args = ["map", job, "-j", "2", "--chunk", "1", "--unordered", `--allow-write=${data}`, "-o", output];
    const child = corralCommand([...args, "--time-budget", "5s"], { allow: ["--allow-run"] }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("1\n2\n3\n"));
    await writer.close();
    // Nobody reads stderr.
    const { code } = await child.status;
    assertEquals(code, 124);
    const printed = Number(await Deno.readTextFile(counted)) * LINE_BYTES;
    assert(printed > 0 && printed < 4 * 1024 * 1024, `${printed} bytes were printed`);
    assert((await Deno.readTextFile(output)).startsWith("2\n"), "others went on");
    await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
  }));

Deno.test("corral map prints all that a function prints, in order, to a reader that is slower", () =>
  inFolder(async (folder) => {
    const job = `${folder}/job.ts`;
    const body = `for (let k = 0; k < 2000; k++) console.log(String(n * 10_000 + k).padEnd(999, "x")); return n;`;
    await Deno.writeTextFile(job, `export default (n: number) => { ${body} };`);
    const child = corralCommand(["map", job, "-j", "1", "-q"], { allow: ["--allow-run"] }).spawn();
    const results = new Response(child.stdout).text();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("1\n2\n3\n"));
    await writer.close();
    let text = "";
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
      text += part;
      // What is slower than a worker in a loop: others have their turn.
      await new Promise((resolve) => setTimeout(resolve));
    }
    assertEquals([(await child.status).code, await results], [0, "1\n2\n3\n"]);
    const numbers = text.trimEnd().split("\n").map((line) => Number(line.replaceAll("x", "")));
    assertEquals(numbers, [1, 2, 3].flatMap((n) => Array.from({ length: 2000 }, (_, k) => n * 10_000 + k)));
  }));
