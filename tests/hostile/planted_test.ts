/** End-to-end: programs in surroundings that somebody has prepared: prototypes that can be set by a key, and files that lie in the current folder. */
import { assertEquals } from "@std/assert";
import { ProjectFolder } from "../helpers/programs/project_folder.ts";

const ALLOWED = ["--quiet", "--no-prompt", "--no-lock", "--allow-run", "--allow-read", "--allow-env=DENO_DIR"];

/** Sends keys that name prototypes by every way there is, and says what has changed: nothing may. */
const PROTOTYPES = `import { Manager, Pool, Process, ProcessPoolExecutor, Queue } from "LIBRARY";
const text = '{"__proto__":{"polluted":1,"workers":7},"constructor":{"prototype":{"polluted":1}}}';
const evil = JSON.parse(text);
const changed: string[] = [];
const check = (where: string, value: any) => {
  const isPlain = Object.getPrototypeOf(value) === Object.prototype && value.polluted === undefined;
  const isWhole = Object.keys(value).join() === "__proto__,constructor";
  if (!isPlain || !isWhole || "polluted" in {} || "polluted" in Array.prototype) changed.push(where);
};
{
  await using pool = new Pool({ workers: 1 });
  check("result", await pool.apply((value: any) => value, [evil]));
  check("item", (await pool.map((value: any) => value, [evil, 1]))[0]);
  check("key", [...await pool.apply((value: any) => new Map([[value, 1]]), [evil])][0]![0]);
  const inside = await pool.apply((value: any) => ["polluted" in {}, Object.getPrototypeOf(value) === Object.prototype], [evil]);
  if (inside.join() !== "false,true") changed.push("argument");
  const error = await pool.apply((text: string) => {
    const fields = Object.entries(JSON.parse(text)).map(([key, value]) => [key, { value, enumerable: true }]);
    throw Object.defineProperties(Object.assign(new RangeError("m"), { data: JSON.parse(text) }), Object.fromEntries(fields));
  }, [text]).catch((error) => error);
  check("error", error.data);
  if (Object.getPrototypeOf(error) !== RangeError.prototype || error.polluted !== undefined) changed.push("class of an error");
  await using manager = new Manager();
  check("dict", await manager.dict(evil).toObject());
  check("value", await manager.value(evil).get());
  const queue = new Queue<unknown>();
  await queue.put(evil);
  check("queue", await queue.get());
  const refused = [
    () => new Pool(evil), () => new ProcessPoolExecutor(evil), () => new Process(evil), () => Pool.untrusted("data:,", evil),
    () => new Pool({ env: evil }), () => new Pool({ permissions: evil }), () => new Pool({ deny: evil }),
    () => pool.applyAsync(Math.sqrt, [4], evil), () => pool.imap(Math.sqrt, [4], evil),
  ];
  for (const call of refused) {
    try {
      call();
      changed.push(String(call));
    } catch (error) {
      if (!(error instanceof TypeError)) changed.push(String(error));
    }
  }
}
console.log(changed.join() || "nothing");`;

for (const flags of [[], ["--unstable-unsafe-proto"]]) {
  Deno.test(`keys that name prototypes change none, and are no options (${flags[0] ?? "as Deno starts"})`, async () => {
    await using folder = await ProjectFolder.make({ "main.ts": PROTOTYPES });
    assertEquals(await folder.mustRun("run", ...ALLOWED, ...flags, "main.ts"), "nothing\n");
  });
}

const LOOKING = `import { Pool } from "LIBRARY";
const look = async (name: string) => await import(name).then(() => "loaded", () => "not there");
const module = import.meta.resolve("./tasks.ts");
const found: unknown[] = [];
for (const options of [{}, { module }, { module, trust: "untrusted" as const }, { module, cwd: Deno.cwd() }]) {
  await using pool = new Pool({ workers: 1, permissions: { read: [Deno.cwd()] }, ...options });
  found.push(...await pool.map(look, ["by-map", "by-package", "by-folder", "./planted.ts"]));
}
console.log([...new Set(found)].join(), found.length);`;

Deno.test("workers go by no deno.json, lock file, package.json, .npmrc or node_modules that lies in the current folder", async () => {
  const planted = 'export default "planted";';
  await using folder = await ProjectFolder.make({
    "program/main.ts": LOOKING,
    "program/tasks.ts": 'export const own = () => "own";',
    "here/planted.ts": planted,
    "here/deno.json": '{ "imports": { "by-map": "./planted.ts" }, "nodeModulesDir": "manual", "lock": "./deno.lock" }',
    "here/deno.lock": "{ not a lock file",
    "here/package.json": '{ "dependencies": { "by-package": "file:./node_modules/by-package" } }',
    "here/.npmrc": "registry=http://127.0.0.1:1/",
    "here/node_modules/by-package/package.json": '{ "name": "by-package", "version": "1.0.0", "exports": "./main.js" }',
    "here/node_modules/by-package/main.js": planted,
    "here/node_modules/by-folder/index.js": planted,
  });
  const look = (...flags: string[]) => folder.denoIn("here", ["run", ...flags, "../program/main.ts"]);
  assertEquals(await look(...ALLOWED), { code: 0, stdout: "not there 16\n", stderr: "" });
  // It is there for a program that is told to go by it.
  assertEquals((await look("--no-lock", "-A", "--config=deno.json")).stdout, "loaded,not there 16\n");
});
