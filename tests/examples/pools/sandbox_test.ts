// End-to-end: three plug-ins that are not trusted, run as a user runs them.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { see } from "../../../src/troubles.ts";
import { linesOf } from "../../helpers/programs/run_example.ts";

const EXAMPLE = new URL("../../../examples/sandbox/", import.meta.url);
const SECRET = new URL("secret.txt", EXAMPLE);

Deno.test("examples/sandbox gets the result of one plug-in, and an error of the spy and of the one that never ends", async () => {
  assertEquals(await linesOf("sandbox"), [
    'word_count gave a result: {"the":3,"quick":1,"brown":1,"fox":1,"jumps":1,"over":1,"lazy":1,"dog":1,"and":1,"cat":1}',
    `spy gave NotCapable: Requires read access to "${SECRET.pathname}"; in a corral worker: grant it with ` +
    `\`permissions: { read: ["${SECRET.pathname}"] }\`${see("permission")}`,
    "spin gave TaskTimeoutError: The task ran longer than its 2000 ms and was stopped; what it did may be half done, and a retry " +
    'needs a longer "timeoutMs"',
  ]);
});

Deno.test("examples/sandbox has a spy that finds the secret in each of its ways when nothing holds it back", async () => {
  const source = await Deno.readTextFile(new URL("plugins/spy/plugin.ts", EXAMPLE));
  const plugin = source.replaceAll("import.meta.url", JSON.stringify(new URL("plugins/spy/", EXAMPLE).href))
    .replace("const WAYS", "export const WAYS");
  const script = `${plugin}
    for (const way of WAYS) {
      const found = await way();
      const text = found.stdout ? new TextDecoder().decode(found.stdout) : found.default ?? found.SECRET_TOKEN ?? found;
      console.log(text.trim());
    }`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", `data:text/typescript,${encodeURIComponent(script)}`],
    env: { SECRET_TOKEN: "token" },
  }).output();
  const secret = (await Deno.readTextFile(SECRET)).trim();
  assertStringIncludes(secret, "swordfish");
  assertEquals(new TextDecoder().decode(stdout).trim().split("\n"), [secret, "token", secret, secret, secret]);
});
