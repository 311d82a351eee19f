/** End-to-end tests of what the reaper runs, by a shell and by Deno: real processes live or end as it was told. */
import { assertEquals } from "@std/assert";
import { reaperProgram } from "../../src/worker/reaper_program.ts";
import { alive, survivors } from "../helpers/programs/processes.ts";

const POSIX = { ignore: Deno.build.os === "windows" };
const LIMIT_MS = 10_000;

/** A process that ends only by a signal. */
class Sleeper implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;

  constructor(options: { detached?: boolean } = {}) {
    this.#child = new Deno.Command("sleep", { args: ["1000"], stdin: "null", ...options }).spawn();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** What has ended it; undefined if nothing does. */
  async signal(): Promise<Deno.Signal | null | undefined> {
    const [left] = await survivors([this.pid], LIMIT_MS);
    return left === undefined ? (await this.#child.status).signal : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if ((await alive([this.pid])).length > 0) this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}

class RunningReaper {
  readonly child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(byShell: boolean, pids: readonly number[]) {
    const { path, args } = reaperProgram(pids, undefined, byShell);
    this.child = new Deno.Command(path, {
      args: [...args],
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#writer = this.child.stdin.getWriter();
    this.#reader = this.child.stdout.getReader();
  }

  async tell(...lines: string[]): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
  }

  /** How many bytes it answers, once all that came before was taken in. */
  async echoes(): Promise<number> {
    await this.tell("?");
    return (await this.#reader.read()).value?.length ?? 0;
  }

  async deafen(): Promise<void> {
    await this.#reader.cancel();
  }

  async end(): Promise<boolean> {
    await this.#writer.close();
    await this.#reader.cancel();
    return (await this.child.status).success;
  }
}

for (const byShell of [true, false]) {
  const name = byShell ? "a reaper by the shell" : "a reaper by Deno";

  Deno.test({
    ...POSIX,
    name: `${name} kills those that were named and have not ended when its stdin ends, and no other`,
    fn: async () => {
      await using first = new Sleeper();
      await using second = new Sleeper();
      await using third = new Sleeper();
      await using stranger = new Sleeper();
      const reaper = new RunningReaper(byShell, [first.pid, second.pid]);
      await reaper.tell(
        `+${third.pid}`,
        `+${stranger.pid}`,
        `-${second.pid}`,
        `-${stranger.pid}`,
        "-1",
        `-${second.pid}`,
      );
      assertEquals(await reaper.echoes(), 1);
      assertEquals(await reaper.echoes(), 1);
      assertEquals((await alive([first, second, third, stranger].map(({ pid }) => pid))).length, 4);
      await reaper.end();
      assertEquals(await Promise.all([first.signal(), third.signal()]), ["SIGKILL", "SIGKILL"]);
      assertEquals((await alive([second.pid, stranger.pid])).length, 2);
    },
  });

  Deno.test({
    ...POSIX,
    name: `${name} kills the group of one that has ended, and forgets it`,
    fn: async () => {
      await using leader = new Sleeper({ detached: true });
      await using other = new Sleeper();
      const reaper = new RunningReaper(byShell, [leader.pid, other.pid]);
      await reaper.tell(`!${leader.pid}`);
      assertEquals(await reaper.echoes(), 1);
      assertEquals(await leader.signal(), "SIGKILL");
      assertEquals(await alive([other.pid]), [other.pid]);
      await reaper.end();
      assertEquals(await other.signal(), "SIGKILL");
    },
  });

  Deno.test({
    ...POSIX,
    name: `${name} outlives signals that can be ignored, and a program that no longer hears it`,
    fn: async () => {
      await using watched = new Sleeper({ detached: true });
      const reaper = new RunningReaper(byShell, [watched.pid]);
      assertEquals(await reaper.echoes(), 1);
      for (const signal of ["SIGINT", "SIGQUIT", "SIGHUP", "SIGTERM"] as const) reaper.child.kill(signal);
      assertEquals(await reaper.echoes(), 1);
      await reaper.deafen();
      await reaper.tell("?", "?");
      await reaper.end();
      assertEquals(await watched.signal(), "SIGKILL");
      assertEquals(await survivors([reaper.child.pid], LIMIT_MS), []);
    },
  });
}
