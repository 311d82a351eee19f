/** End-to-end with real workers: no link leads an untrusted module out of its folder, whenever it was made. */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { PermissionError, Pool, type PoolOptions, Queue } from "../../mod.ts";
import { ProjectFolder } from "../helpers/programs/project_folder.ts";

const TENANT = `export const read = (name: string) => Deno.readTextFileSync(new URL(name, import.meta.url));
export const load = async (name: string) => (await import(new URL(name, import.meta.url).href, { with: { type: "json" } })).default;
export const write = (path: string) => Deno.writeTextFileSync(path, "");
export const list = () => [...Deno.readDirSync(new URL(".", import.meta.url))].length;`;

async function tenant(): Promise<ProjectFolder> {
  return await ProjectFolder.make({
    "secret/key.json": '"secret"',
    "tenant/tasks.ts": TENANT,
    "tenant/data.json": '"data"',
    "tenant/lib/more.json": '"more"',
  });
}

function open(folder: ProjectFolder): Pool {
  return new Pool({ workers: 1, module: `${folder.path}/tenant/tasks.ts`, trust: "untrusted" });
}

const LINKS: [what: string, target: string, name: string][] = [
  ["to a file", "../secret/key.json", "x.json"],
  ["to a folder", "../secret", "x"],
  ["to nothing yet", "../secret/later.json", "x.json"],
  ["deeper below", "../../secret/key.json", "lib/x.json"],
  ["by an absolute path", "/etc/passwd", "x"],
];

for (const [what, target, name] of LINKS) {
  Deno.test(`new Pool() refuses an untrusted module whose folder has a link out of it, ${what}`, async () => {
    await using folder = await tenant();
    await folder.link(target, `tenant/${name}`);
    const error = assertThrows(() => open(folder), PermissionError);
    assertEquals(
      error.message,
      `Cannot let an untrusted module read its folder "${folder.path}/tenant": the link "${folder.path}/tenant/${name}" leads out of it, ` +
        "give the module a folder without such links, or copy what it names",
    );
  });
}

Deno.test("an untrusted module reads its files, also by a link that stays inside", async () => {
  await using folder = await tenant();
  await folder.link("data.json", "tenant/inside.json");
  await folder.link("lib", "tenant/inside");
  await using pool = open(folder);
  assertEquals(await pool.apply("read", ["./data.json"]), '"data"');
  assertEquals(await pool.apply("load", ["./lib/more.json"]), "more");
  assertEquals(await pool.apply("read", ["./inside.json"]), '"data"');
});

Deno.test("a worker of an untrusted module does not read through a link that is made later", async () => {
  await using folder = await tenant();
  const path = (name: string) => `${folder.path}/tenant/${name}`;
  for (const isWarm of [false, true]) {
    await using pool = open(folder);
    if (isWarm) assertEquals(await pool.apply("read", ["./data.json"]), '"data"');
    await folder.link("../secret/key.json", "tenant/late.json");
    for (const task of ["read", "load"]) {
      await assertRejects(() => pool.apply(task, ["./late.json"]), PermissionError, "late.json");
    }
    await Deno.remove(path("late.json"));
    // What was there takes its place.
    await Deno.rename(path("data.json"), path("data.old"));
    await folder.link("../secret/key.json", "tenant/data.json");
    await assertRejects(() => pool.apply("read", ["./data.json"]), PermissionError, "data.json");
    await Deno.remove(path("data.json"));
    await Deno.rename(path("data.old"), path("data.json"));
    assertEquals(await pool.apply("read", ["./data.json"]), '"data"');
  }
});

Deno.test("a task that runs while a link is made cannot read through it", async () => {
  await using folder = await tenant();
  await folder.write({
    "tenant/tasks.ts": `export const wait = async () => {
  while (true) {
    try { return Deno.readTextFileSync(new URL("./late.json", import.meta.url)); } catch (error) { if (error.name !== "NotFound") return error.name; }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
export const ping = () => 1;`,
  });
  await using pool = open(folder);
  await pool.apply("ping");
  const outcome = pool.apply("wait").catch((error) => error.name);
  await folder.link("../secret/key.json", "tenant/late.json");
  // It is refused where the link was there before the task left; one that runs cannot read through it.
  assertEquals(["NotCapable", "PermissionError"].includes(await outcome as string), true);
});

Deno.test("a link to a folder grants an untrusted module what is there, and nothing that comes there later", async () => {
  await using folder = await tenant();
  await folder.link("lib", "tenant/inside");
  // A way that leads back to where it began is gone once.
  await folder.link("../lib", "tenant/lib/again");
  await folder.write({
    "tenant/tasks.ts": `${TENANT}
export const readLater = async (name: string, arrived: any, made: any) => {
  await arrived.put(1);
  await made.get();
  try { return read(name); } catch (error) { return error.name; }
};`,
  });
  await using pool = open(folder);
  for (const name of ["./inside/more.json", "./lib/again/more.json"]) {
    assertEquals(await pool.apply("read", [name]), '"more"');
  }
  const [arrived, made] = [new Queue<number>(), new Queue<number>()];
  const outcome = pool.apply("readLater", ["./inside/late.json", arrived, made]);
  await arrived.get();
  await folder.link("../../secret/key.json", "tenant/lib/late.json");
  await made.put(1);
  assertEquals(await outcome, "NotCapable");
});

Deno.test("what is denied of an untrusted module's folder, it does not read by a link either", async () => {
  await using folder = await tenant();
  await folder.link("lib", "tenant/inside");
  await folder.link("data.json", "tenant/inside.json");
  const deny = { read: [`${folder.path}/tenant/lib/more.json`, `${folder.path}/tenant/data.json`] };
  await using pool = new Pool({ workers: 1, module: `${folder.path}/tenant/tasks.ts`, trust: "untrusted", deny });
  for (const name of ["./lib/more.json", "./inside/more.json", "./data.json", "./inside.json"]) {
    await assertRejects(() => pool.apply("read", [name]), Deno.errors.NotCapable, "Requires read access");
  }
});

Deno.test("an untrusted module's folder cannot be swapped for another", async () => {
  await using folder = await tenant();
  await using pool = open(folder);
  assertEquals(await pool.apply("read", ["./data.json"]), '"data"');
  await Deno.rename(`${folder.path}/tenant`, `${folder.path}/old`);
  await folder.link("secret", "tenant");
  const error = await assertRejects(() => pool.apply("read", ["./key.json"]), PermissionError);
  assertStringIncludes(error.message, "another folder is in its place");
});

Deno.test("new Pool() refuses an untrusted module that may write where a link is: moved, it would lead out", async () => {
  await using folder = await tenant();
  const own = `${folder.path}/tenant`;
  // Beside the tenant's folder is one of the same name.
  await folder.write({ "tenant/secret/key.json": '"decoy"', "tenant/out/.keep": "" });
  await folder.link("../secret/key.json", "tenant/lib/link.json");
  await folder.link("tenant", "alias");
  const withWrite = (write: string, options: PoolOptions = {}) =>
    new Pool({
      workers: 1,
      module: `${own}/tasks.ts`,
      trust: "untrusted",
      permissions: { write: [write] },
      ...options,
    });
  for (const write of [folder.path, own, `${own}/lib`, `${own}/lib/link.json`, `${folder.path}/alias`]) {
    const error = assertThrows(() => withWrite(write), PermissionError);
    assertEquals(
      error.message,
      `Cannot let an untrusted module read its folder "${own}": the worker may write there, and could move the link ` +
        `"${own}/lib/link.json" so that it leads out, put what it names in its place, or grant a folder without links`,
    );
  }
  for (const pool of [withWrite(`${own}/out`), withWrite(own, { deny: { write: true } })]) {
    await using open = pool;
    assertEquals(await open.apply("read", ["./lib/link.json"]), '"decoy"');
  }
  await using denied = withWrite(own, { deny: { write: true } });
  await assertRejects(() => denied.apply("write", [`${own}/new`]), Deno.errors.NotCapable, "Requires write access");
  // One that comes later ends the workers.
  await Deno.remove(`${own}/lib/link.json`);
  await using pool = withWrite(own);
  assertEquals(await pool.apply("read", ["./data.json"]), '"data"');
  await folder.link("../secret/key.json", "tenant/lib/late.json");
  await assertRejects(() => pool.apply("read", ["./data.json"]), PermissionError, "could move the link");
});

Deno.test("new Pool() names the folder of an untrusted module that has a comma in its path, and what to do", async () => {
  await using folder = await ProjectFolder.make({ "a,b/tasks.ts": "export const f = () => 1;" });
  await folder.link("a,b", "ab");
  const open = (name: string) =>
    new Pool({ workers: 1, module: `${folder.path}/${name}/tasks.ts`, trust: "untrusted" });
  const error = assertThrows(() => open("a,b"), PermissionError);
  assertEquals(
    error.message,
    `Cannot let an untrusted module read its folder "${folder.path}/a,b": Deno has no way to pass a comma in a grant, move the folder, ` +
      "or name it by a link without one",
  );
  await using pool = open("ab");
  assertEquals(await pool.apply("f"), 1);
});
