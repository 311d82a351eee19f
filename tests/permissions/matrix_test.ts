/** End-to-end: The whole matrix of permissions: see `tests/fixtures/permissions/permission_matrix.ts`. */
import { assertEquals } from "@std/assert";
import { withSources } from "../helpers/servers/source_server.ts";

const PROGRAM = import.meta.resolve("../fixtures/permissions/permission_matrix.ts");
const ignore = Deno.build.os === "windows";

async function runMatrix(library: string): Promise<void> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "-A", PROGRAM, library],
  }).output();
  const { tries, wrong } = JSON.parse(
    new TextDecoder().decode(stdout) || `{"wrong":${JSON.stringify(new TextDecoder().decode(stderr))}}`,
  );
  assertEquals(wrong, []);
  // 33 ways, two targets each; nothing granted, each of seven kinds, and all; in three places.
  assertEquals(tries, 33 * 2 * 9 * 3);
}

Deno.test({
  name: "a worker may use each permission by every way as far as it was granted, and no other",
  ignore,
  fn: () => runMatrix(import.meta.resolve("../../mod.ts")),
});

Deno.test({
  name: "the same holds when the library was loaded over HTTP",
  ignore,
  fn: () => withSources((origin) => runMatrix(`${origin}/mod.ts`)),
});
