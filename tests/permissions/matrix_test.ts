/** End-to-end: The whole matrix of permissions: see `tests/fixtures/permissions/permission_matrix.ts`. */
import { assertEquals } from "@std/assert";
import { LIBRARY } from "../helpers/programs/packages.ts";
import { withLibrary } from "../helpers/servers/source_server.ts";

const PROGRAM = import.meta.resolve("../fixtures/permissions/permission_matrix.ts");
const ignore = Deno.build.os === "windows";

/** Grants each of these in turn; all that there are, if none is named. */
async function runMatrix(library: string, grants: readonly string[] = []): Promise<void> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "-A", PROGRAM, library, ...grants],
  }).output();
  const { tries, wrong } = JSON.parse(
    new TextDecoder().decode(stdout) || `{"wrong":${JSON.stringify(new TextDecoder().decode(stderr))}}`,
  );
  assertEquals(wrong, []);
  // 33 ways, two targets each; nothing granted, each of seven kinds, and all; in three places.
  assertEquals(tries, 33 * 2 * (grants.length || 9) * 3);
}

Deno.test({
  name: "a worker may use each permission by every way as far as it was granted, and no other",
  ignore,
  fn: () => runMatrix(LIBRARY),
});

Deno.test({
  name: "the same holds when the library was loaded over HTTP",
  ignore,
  // Where it was loaded from has a part in what may be imported, and in nothing else.
  fn: () => withLibrary((library) => runMatrix(library, ["nothing", "import", "all"])),
});
