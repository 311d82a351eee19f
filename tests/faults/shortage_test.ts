/** End-to-end: the system has room for some workers, and not for all. */
import { assertEquals } from "@std/assert";
import { ProjectFolder } from "../helpers/programs/project_folder.ts";

Deno.test({
  name: "Pool does all work with the workers that start when file handles are few",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using folder = await ProjectFolder.make({
      "main.ts": `import { Pool } from "LIBRARY";
await using pool = new Pool({ workers: 24 });
const keyed = Array.from({ length: 24 }, (_, key) => pool.apply((n: number) => n, [key], { key: String(key) }));
console.log((await pool.map((n: number) => n, Array(100).keys(), { chunkSize: 1 })).length);
console.log((await Promise.all(keyed)).length, pool.workers.length < 24);`,
    });
    const { stdout, stderr } = await new Deno.Command("sh", {
      args: [
        "-c",
        'ulimit -n 64; exec "$0" run --quiet --no-lock --allow-run --allow-env=DENO_DIR main.ts',
        Deno.execPath(),
      ],
      cwd: folder.path,
      env: folder.env,
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals([out, err], ["100\n24 true\n", ""]);
  },
});
