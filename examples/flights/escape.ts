/** What a task cannot do that was granted nothing. */
import { Pool } from "@corral/multiprocessing";

const readPasswords = (): string => Deno.readTextFileSync("/etc/passwd");
const sendHome = async (): Promise<number> => (await fetch("https://example.com/")).status;
const lookAround = (): string => Deno.env.get("HOME") ?? "";
const loopForever = (): never => {
  while (true);
};
const exit = (): never => Deno.exit(1);

/** Tries it in a worker, and says how each try ended. */
export async function tryToEscape(): Promise<string[]> {
  await using pool = new Pool({ workers: 1 });
  const tries = { readPasswords, sendHome, lookAround, loopForever, exit };
  const lines: string[] = [];
  for (const [name, attempt] of Object.entries(tries)) {
    const outcome = await pool.apply(attempt as () => unknown, [], { timeoutMs: 500 }).then(
      () => "SUCCEEDED",
      ({ name }) => name,
    );
    lines.push(`A worker that tries to ${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}: ${outcome}`);
  }
  return lines;
}
