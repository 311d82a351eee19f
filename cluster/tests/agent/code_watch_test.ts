// Policy: whether workers have the code that orders are for, with files on the disk and a list of workers.
import { assertEquals } from "@std/assert";
import { CodeWatch, lookOf } from "../../src/agent/code_watch.ts";
import type { WorkerInfo } from "../../src/corral.ts";

/** A file, workers, and how often the code was read. */
class Site {
  readonly url: URL;
  readonly backend = { capacity: 2, workers: (): WorkerInfo[] => this.pids.map((pid) => ({ pid }) as WorkerInfo) };
  readonly watch: CodeWatch;
  pids = [11, 12];
  reads = 0;

  private constructor(url: URL, look: string) {
    this.url = url;
    this.watch = new CodeWatch(this.backend, { name: "one", files: new Map([[url.href, look]]) }, async () => {
      this.reads++;
      const name = await Deno.readTextFile(url);
      return { name, files: new Map([[url.href, await lookOf(url)]]) };
    });
  }

  static async make(): Promise<Site> {
    const url = new URL(`file://${await Deno.makeTempFile({ prefix: "corral-code-" })}`);
    await Deno.writeTextFile(url, "one");
    return new Site(url, await lookOf(url));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.url).catch(() => {});
  }
}

Deno.test("CodeWatch looks at files when there is a worker that it does not know, and reads only those that look other", async () => {
  await using site = await Site.make();
  assertEquals(await site.watch.allows(), true);
  assertEquals([site.watch.allows(), site.watch.holdsFor(11), site.watch.holdsFor(12)], [true, true, true]);
  site.pids = [12, 13];
  assertEquals([await site.watch.allows(), site.watch.holdsFor(13), site.reads], [true, true, 0]);
  await Deno.writeTextFile(site.url, "one");
  await Deno.utime(site.url, 1, 1);
  site.pids = [13, 14];
  assertEquals([await site.watch.allows(), site.reads], [true, 1]);
  site.pids = [14, 15];
  assertEquals([await site.watch.allows(), site.reads], [true, 1]);
});

Deno.test("CodeWatch: files that change count when a worker is new; what older workers say counts still", async () => {
  await using site = await Site.make();
  assertEquals(await site.watch.allows(), true);
  await Deno.writeTextFile(site.url, "other");
  assertEquals([site.watch.allows(), site.watch.holdsFor(11)], [true, true]);
  site.pids = [11, 13];
  assertEquals(await site.watch.holdsFor(13), false);
  assertEquals([await site.watch.allows(), site.watch.holdsFor(11)], [false, true]);
});

Deno.test("CodeWatch allows nothing more when a worker is missing and files are gone", async () => {
  await using site = await Site.make();
  assertEquals(await site.watch.allows(), true);
  await Deno.remove(site.url);
  site.pids = [11];
  assertEquals(await site.watch.allows(), false);
});

Deno.test("CodeWatch makes one look for many that ask at once", async () => {
  await using site = await Site.make();
  await Deno.writeTextFile(site.url, "other");
  const answers = await Promise.all([site.watch.allows(), site.watch.holdsFor(11), site.watch.holdsFor(12)]);
  assertEquals([answers, site.reads], [[false, false, false], 1]);
});
