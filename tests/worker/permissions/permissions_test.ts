/** Unit tests by table, and end-to-end tests in programs that hold few permissions themselves. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { see } from "../../../src/troubles.ts";
import { PermissionError } from "../../../src/errors.ts";
import { grantFlags, resolveGrants } from "../../../src/worker/permissions/permissions.ts";

const DENIED = ["--deny-run", "--deny-ffi"];
const FIXTURE = new URL("../../fixtures/permissions/permission_flags.ts", import.meta.url).href;

type Outcome = string | string[];

/** The flags that give a worker these permissions of a pool. */
const permissionFlags = (permissions?: Deno.PermissionOptions): string[] => grantFlags(resolveGrants(permissions));

async function flagsUnder(parentFlags: string[], permissions: unknown[]): Promise<Outcome[]> {
  const args = ["run", "--quiet", "--no-prompt", "--no-config", ...parentFlags, FIXTURE, JSON.stringify(permissions)];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("permissionFlags() grants nothing when nothing is asked for", () => {
  const nothing = [undefined, "none", {}, { read: false, net: undefined }, { read: [], run: [] }] as unknown[];
  for (const permissions of nothing) {
    assertEquals(permissionFlags(permissions as Deno.PermissionOptions), DENIED, Deno.inspect(permissions));
  }
});

Deno.test("permissionFlags() makes paths absolute when they are relative or URLs", () => {
  const cwd = Deno.cwd();
  const read = ["data", "./a/../b", new URL("file:///srv/x%20y"), "file:///srv/z", "/srv//./w/"];
  const expected = [`${cwd}/data`, `${cwd}/b`, "/srv/x y", "/srv/z", "/srv/w"].join(",");
  assertEquals(permissionFlags({ read }), [`--allow-read=${expected}`, ...DENIED]);
});

Deno.test("permissionFlags() names an item once when it was listed twice", () => {
  assertEquals(permissionFlags({ read: ["/a", "/a/", "/a/b/.."] }), ["--allow-read=/a", ...DENIED]);
});

Deno.test("permissionFlags() throws a TypeError when an option cannot be a permission", () => {
  const wrong: [unknown, string][] = [
    ["all", '"none", "inherit" or an object'],
    [null, "Cannot use null as permissions"],
    [["read"], "as permissions"],
    [true, "as permissions"],
    [{ raed: true }, 'permission "raed": there is no such permission'],
    [{ read: "/a" }, 'true, false, "inherit" or a list is wanted'],
    [{ read: "none" }, "is wanted"],
    [{ read: 1 }, "is wanted"],
    [{ read: null }, "null was given"],
    [{ read: { path: "/a" } }, "an object was given"],
    [{ read: [1] }, "a path is wanted"],
    [{ read: [""] }, "a path is wanted"],
    [{ read: [new URL("http://x.org/a")] }, "a file: URL is wanted"],
    [{ net: [new URL("http://x.org")] }, "a name is wanted"],
    [{ net: ["http://127.0.0.1"] }, "not a URL"],
    [{ net: ["a b"] }, "Cannot grant net access"],
    [{ sys: ["everything"] }, "unknown system info kind"],
    [{ env: ["A,B"] }, "no way to pass a comma"],
    [{ run: ["a,b"] }, "no way to pass a comma"],
    [{ read: ["/srv/a,b"] }, "grant the folder around it"],
    [{ write: ["/srv/a\0b"] }, "Cannot grant write access"],
  ];
  for (const [permissions, message] of wrong) {
    assertThrows(() => permissionFlags(permissions as Deno.PermissionOptions), TypeError, message);
  }
});

Deno.test("permissionFlags() throws a PermissionError with the flag to add when the program holds nothing", async () => {
  const cases: [unknown, string][] = [
    [
      { read: ["/etc"] },
      'Cannot grant read access to "/etc": this program does not hold it itself, run it with --allow-read=/etc' +
      see("grant"),
    ],
    [{ write: ["/tmp/x"] }, "run it with --allow-write=/tmp/x"],
    [{ net: ["x.org:443"] }, "run it with --allow-net=x.org:443"],
    [{ env: ["HOME"] }, "run it with --allow-env=HOME"],
    [{ sys: ["hostname"] }, "run it with --allow-sys=hostname"],
    [{ run: ["git"] }, "run it with --allow-run=git"],
    [{ ffi: ["/lib/x.so"] }, "run it with --allow-ffi=/lib/x.so"],
    [{ import: ["x.org"] }, "run it with --allow-import=x.org"],
    [{ read: true }, "Cannot grant all read access: this program does not hold it itself, run it with --allow-read"],
    [{ import: true }, "run it with --allow-import"],
  ];
  const outcomes = await flagsUnder([], cases.map(([permissions]) => permissions));
  for (const [index, [, message]] of cases.entries()) {
    assertStringIncludes(String(outcomes[index]), message);
    assertStringIncludes(String(outcomes[index]), "PermissionError: ");
  }
});

Deno.test("permissionFlags() grants what the program holds, and no more, when its grants are scoped", async () => {
  const parent = [
    "--allow-read=/srv",
    "--allow-net=x.org:443",
    "--allow-env=A_*",
    "--allow-run=git",
    "--allow-sys=uid",
  ];
  const outcomes = await flagsUnder(parent, [
    { read: ["/srv/data"], net: ["x.org:443"], env: ["A_1"], run: ["git"], sys: ["uid"] },
    { read: ["/srv/../etc"] },
    { net: ["x.org"] },
    { net: ["*.x.org"] },
    { env: ["A_*"] },
    { read: true },
    "inherit",
    { read: "inherit" },
    { import: ["jsr.io"] },
  ]);
  assertEquals(outcomes[0], [
    "--allow-read=/srv/data",
    "--allow-net=x.org:443",
    "--allow-env=A_1",
    "--allow-sys=uid",
    "--allow-run=git",
    "--deny-ffi",
  ]);
  assertStringIncludes(String(outcomes[1]), 'read access to "/etc"');
  assertStringIncludes(String(outcomes[2]), "--allow-net=x.org");
  assertStringIncludes(String(outcomes[3]), "spell out the hosts");
  assertStringIncludes(String(outcomes[4]), "spell out the names");
  assertStringIncludes(String(outcomes[5]), "PermissionError");
  assertEquals(outcomes.slice(6), [DENIED, DENIED, ["--allow-import=jsr.io:443", ...DENIED]]);
});

Deno.test("permissionFlags() refuses what has exceptions when the program was denied a part", async () => {
  const parent = [
    "--allow-read=/srv",
    "--deny-read=/srv/secret",
    "--allow-net",
    "--deny-net=x.org:80,10.0.0.1",
    "--allow-env",
    "--deny-env=TOKEN",
    "--allow-run",
    "--deny-run=git",
  ];
  const refused: [unknown, string][] = [
    [{ read: ["/srv"] }, "holds it only in part"],
    [{ read: ["/srv/secret"] }, "does not hold it"],
    [{ net: true }, "list what the worker needs"],
    [{ net: "inherit" }, "list what the worker needs"],
    ["inherit", "list what the worker needs"],
    [{ net: ["x.org"] }, "spell out the port"],
    [{ net: ["x.org:80"] }, "does not hold it"],
    [{ net: ["10.0.0.0/8"] }, "spell out the hosts"],
    [{ env: ["TOKEN"] }, "does not hold it"],
    [{ env: ["T*"] }, "spell out the names"],
    [{ run: ["git"] }, "does not hold it"],
  ];
  const outcomes = await flagsUnder(parent, [...refused.map(([permissions]) => permissions), {
    read: ["/srv/open"],
    net: ["x.org:443", "unix:/run/x.sock"],
    env: ["HOME"],
  }]);
  for (const [index, [, message]] of refused.entries()) assertStringIncludes(String(outcomes[index]), message);
  assertEquals(outcomes.at(-1), [
    "--allow-read=/srv/open",
    "--allow-net=x.org:443,unix:/run/x.sock",
    "--allow-env=HOME",
    ...DENIED,
  ]);
});

Deno.test("permissionFlags() passes on every kind one by one when a program with -A says inherit", async () => {
  const all = ["read", "write", "net", "env", "sys", "run", "ffi", "import"].map((kind) => `--allow-${kind}`);
  assertEquals(await flagsUnder(["-A"], ["inherit", { net: ["*.x.org", "10.0.0.0/8"], env: ["A_*"] }]), [
    all,
    ["--allow-net=*.x.org,10.0.0.0/8", "--allow-env=A_*", ...DENIED],
  ]);
});

Deno.test("permissionFlags() throws our own error class when a grant is too large", () => {
  assertThrows(() => permissionFlags({ ffi: true }), PermissionError, "run it with --allow-ffi");
});
