/** End-to-end: what an untrusted module may import and read does not depend on where the library came from. */
import { assertEquals } from "@std/assert";
import { ProjectFolder } from "../../helpers/programs/project_folder.ts";
import { Registries } from "../../helpers/servers/registries.ts";

const ROOT = new URL("../../../", import.meta.url);

/** Serves the repository, and modules that are cached and belong to somebody else. */
class CodeServer implements AsyncDisposable {
  readonly #server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    const { pathname } = new URL(url);
    const text = pathname.startsWith("/other/")
      ? "export const other = 1;"
      : pathname.startsWith("/plug")
      ? PLUGIN
      : await Deno.readTextFile(new URL(`.${pathname}`, ROOT)).catch(() => undefined);
    return new Response(text ?? "not found", {
      status: text === undefined ? 404 : 200,
      headers: { "content-type": "application/typescript" },
    });
  });
  readonly origin = `http://127.0.0.1:${this.#server.addr.port}`;

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

const PLUGIN = `export const reach = async (targets: string[]) => {
  const reached: string[] = [];
  for (const target of targets) {
    for (const options of [undefined, { with: { type: "text" } }]) {
      await import(target, options as never).then(() => reached.push(target.replace(/\\d+/, "PORT")), () => {});
    }
  }
  return reached.join();
};`;

const MAIN = `import { Pool } from "CORRAL";
import "npm:npm-dep@1"; import "jsr:@me/jsr-dep@1"; import "OTHER/other/a.ts";
for (const module of [import.meta.resolve("./plugin.ts"), "PLUG/plug.ts"]) {
  await using pool = new Pool({ workers: 1, module, trust: "untrusted" });
  console.log(await pool.apply("reach", [Deno.args]));
}
await using pool = new Pool({ workers: 1, module: import.meta.resolve("./plugin.ts") });
console.log("trusted", (await pool.apply("reach", [Deno.args])).split(",").length);`;

Deno.test("an untrusted module reaches nothing of the cache but its own host, from a clone and over http", async () => {
  await using registries = new Registries();
  await using own = new CodeServer();
  await using other = new CodeServer();
  registries.npm["npm-dep"] = { "1.0.0": { text: "export const npm = 1;" } };
  registries.jsr["@me/jsr-dep"] = { "1.0.0": { text: "export const jsr = 1;" } };
  for (const library of [ROOT.href.slice(0, -1), own.origin]) {
    const main = MAIN.replace("CORRAL", `${library}/mod.ts`).replace("OTHER", other.origin).replace("PLUG", own.origin);
    await using folder = await ProjectFolder.make({ "main.ts": main, "plugin.ts": PLUGIN }, registries.env);
    const targets = [
      "npm:npm-dep@1",
      "jsr:@me/jsr-dep@1",
      `${registries.env.JSR_URL}@me/jsr-dep/1.0.0/mod.ts`,
      `${other.origin}/other/a.ts`,
      `file://${folder.path}/../`,
      new URL("mod.ts", ROOT).href,
    ];
    const imports = "--allow-import=127.0.0.1";
    await folder.mustRun("cache", "--no-lock", imports, "main.ts", `${own.origin}/plug.ts`);
    const { stdout, stderr } = await folder.deno(
      ...["run", "--no-prompt", "--no-lock", "--allow-run", "--allow-read=.", "--allow-env", imports, "main.ts"],
      ...targets,
    );
    assertEquals([stdout, stderr], ["\n\ntrusted 8\n", ""]);
  }
});
