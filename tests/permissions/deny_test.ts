/** End-to-end with real workers: what is denied stays so, however narrowly it was granted. Deno lets the narrower of the two pass. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Pool, type PoolOptions, type WorkerLaunchOptions } from "../../mod.ts";
import { OptionChecks } from "../../src/option_checks.ts";
import { launchCommand } from "../../src/worker/program/command_line.ts";
import { resolveLaunchOptions } from "../../src/worker/launch_options.ts";
import { ProjectFolder } from "../helpers/programs/project_folder.ts";

async function folderOfSecrets(): Promise<ProjectFolder> {
  return await ProjectFolder.make({
    "data/secret/key": "key",
    "data/open": "open",
    "tenant/tasks.ts": "export const read = (path: string) => Deno.readTextFileSync(path);",
    "tenant/secret/key": "key",
    "tenant/open": "open",
  });
}

function isGranted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}

Deno.test("Pool: what is denied as a whole cannot be reached by a narrower grant in it", async () => {
  await using folder = await folderOfSecrets();
  const { path } = folder;
  await folder.link("data", "alias");
  const secret = `${path}/data/secret`;
  const file = { name: "read", path: `${secret}/key` } as const;
  const cases: [options: PoolOptions, descriptor: Deno.PermissionDescriptor, isGranted: boolean][] = [
    [{ permissions: { read: [secret] } }, file, true],
    [{ permissions: { read: [secret] }, deny: { read: [`${path}/data`] } }, file, false],
    [{ permissions: { read: [secret] }, deny: { read: ["/"] } }, file, false],
    [{ permissions: { read: [secret, path] }, deny: { read: [`${path}/data`] } }, file, false],
    [
      { permissions: { read: [`${path}/alias/secret/key`] }, deny: { read: [`${path}/data`] } },
      { name: "read", path: `${path}/alias/secret/key` },
      false,
    ],
    [
      { permissions: { write: [`${path}/alias/new/file`] }, deny: { write: [`${path}/data`] } },
      { name: "write", path: `${path}/alias/new/file` },
      false,
    ],
    [{ permissions: { run: ["/usr/bin/true"] }, deny: { run: ["true"] } }, {
      name: "run",
      command: "/usr/bin/true",
    }, false],
    [{ env: { TOKEN_A: "x" }, deny: { env: ["TOKEN_*"] } }, { name: "env", variable: "TOKEN_A" }, false],
    [{ env: { TOKEN_A: "x" } }, { name: "env", variable: "TOKEN_A" }, true],
  ];
  for (const [options, descriptor, expected] of cases) {
    await using pool = new Pool({ workers: 1, ...options });
    const text = Deno.inspect([options, descriptor]);
    assertEquals([text, await pool.apply(isGranted, [descriptor])], [text, expected]);
  }
});

Deno.test("Pool: the host of its module is denied as well, which is granted beside others", () => {
  const argsOf = (options: WorkerLaunchOptions) =>
    launchCommand(
      resolveLaunchOptions({
        module: "https://jsr.io/tasks.ts",
        permissions: { import: ["127.0.0.1"] },
        frozen: false,
        ...options,
      }, new OptionChecks("start")),
      { storageKey: "a" },
    ).args.join(" ");
  assertStringIncludes(argsOf({}), "--allow-import=127.0.0.1,jsr.io:443 ");
  assertStringIncludes(argsOf({ deny: { import: ["jsr.io"] } }), "--allow-import=127.0.0.1 ");
});

Deno.test("Pool: variables that are denied by a pattern stay so for untrusted workers, which get others by their names", async () => {
  await using folder = await ProjectFolder.make({
    "main.ts": `import { Pool } from "LIBRARY";
const has = (variable: string) => Deno.permissions.querySync({ name: "env", variable }).state;
for (const env of [true, ["*"]]) {
  await using pool = new Pool({ workers: 1, trust: "untrusted", permissions: { env }, env: { TOKEN_A: "x", B: "y" }, deny: { env: ["TOKEN_*"] } });
  console.log(await pool.apply(has, ["TOKEN_A"]), await pool.apply(has, ["B"]));
}`,
  });
  assertEquals(await folder.mustRun("run", "-A", "--no-lock", "--no-check", "main.ts"), "denied granted\n".repeat(2));
});

Deno.test("Pool: an untrusted module reads its own files, but not those that are denied among them", async () => {
  await using folder = await folderOfSecrets();
  const own = `${folder.path}/tenant`;
  for (const denied of [[`${own}/secret`], [`${own}/secret`, folder.path], ["/", `${own}/secret/key`]]) {
    await using pool = new Pool({
      workers: 1,
      module: `${own}/tasks.ts`,
      trust: "untrusted",
      deny: { read: denied },
    });
    assertEquals(await pool.apply("read", [`${own}/open`]), "open");
    const error = await assertRejects(() => pool.apply("read", [`${own}/secret/key`]), Deno.errors.NotCapable);
    assertStringIncludes(
      error.message,
      `Requires read access to "${own}/secret/key"; in a corral worker: \`deny\` says so, take it out of \`deny.read\` if it is wanted`,
    );
  }
});

Deno.test("Pool: what is denied within a grant stays so by the names that links give it", async () => {
  await using folder = await folderOfSecrets();
  const { path } = folder;
  await folder.link("data", "alias");
  await folder.link("alias", "again");
  const cases: [granted: string, denied: string, names: string[]][] = [
    [`${path}/alias`, `${path}/data/secret`, [`${path}/alias/secret/key`]],
    [`${path}/again/`, `${path}/data/secret/key`, [`${path}/again/secret/key`]],
    [`${path}/data`, `${path}/alias/secret`, [`${path}/data/secret/key`]],
    [`${path}/again`, `${path}/alias/secret`, [`${path}/again/secret/key`]],
    [path, `${path}/alias/secret`, [`${path}/data/secret/key`, `${path}/alias/secret/key`]],
  ];
  for (const [granted, denied, names] of cases) {
    await using pool = new Pool({ workers: 1, permissions: { read: [granted] }, deny: { read: [denied] } });
    for (const name of names) {
      assertEquals([name, await pool.apply(isGranted, [{ name: "read", path: name }])], [name, false]);
    }
    const open = names[0]!.replace("secret/key", "open");
    assertEquals(await pool.apply((path: string) => Deno.readTextFileSync(path), [open]), "open");
  }
});

Deno.test("Pool: a link to what is denied in the folder of an untrusted module opens nothing, however large the folder is", async () => {
  await using folder = await folderOfSecrets();
  const own = `${folder.path}/tenant`;
  await folder.link("secret/key", "tenant/link");
  await folder.link("secret", "tenant/links");
  // More names than a command line takes.
  await folder.write(
    Object.fromEntries(Array.from({ length: 700 }, (_, at) => [`tenant/${`${at}-`.padEnd(200, "x")}`, ""])),
  );
  await using pool = new Pool({
    workers: 1,
    module: `${own}/tasks.ts`,
    trust: "untrusted",
    deny: { read: [`${own}/secret`] },
  });
  assertEquals(await pool.apply("read", [`${own}/open`]), "open");
  for (const name of ["secret/key", "link", "links/key"]) {
    await assertRejects(() => pool.apply("read", [`${own}/${name}`]), Deno.errors.NotCapable);
  }
});
