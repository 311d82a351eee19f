/** Unit tests by table. */
import { assertEquals } from "@std/assert";
import { removeDenied } from "../../../src/worker/permissions/denials.ts";
import type { PermissionKind } from "../../../src/worker/permissions/permissions.ts";

Deno.test("removeDenied() takes out what lies in something that is denied, and leaves the rest", () => {
  const cases: [
    PermissionKind,
    granted: true | string[],
    denied: true | string[],
    left: true | string[] | undefined,
  ][] = [
    ["read", ["/a/b", "/ab", "/a"], ["/a"], ["/ab"]],
    ["read", ["/a"], ["/a/b"], ["/a"]],
    ["write", ["/a", "/b"], ["/"], undefined],
    ["write", ["/a"], true, undefined],
    ["read", true, ["/a"], true],
    ["read", true, true, undefined],
    ["ffi", ["/a/x.so", "/b/x.so"], ["/a"], ["/b/x.so"]],
    ["run", ["/usr/bin/git", "git", "/usr/bin/gitk"], ["git"], ["/usr/bin/gitk"]],
    ["run", ["git", "/nowhere/git"], ["/nowhere/git"], ["git"]],
    ["env", ["AWS_KEY", "AWS_*", "AW", "AWS"], ["AWS_*"], ["AW", "AWS"]],
    ["env", ["AWS_KEY", "AWS_*"], ["AWS_KEY"], ["AWS_*"]],
    ["sys", ["hostname", "uid"], ["uid"], ["hostname"]],
    ["net", ["a.org:443", "A.ORG", "a.org.", "b.org", "x.a.org"], ["a.org"], ["b.org", "x.a.org"]],
    ["net", ["a.org:443", "a.org"], ["a.org:80"], ["a.org:443", "a.org"]],
    ["net", ["x.a.org:443", "*.b.a.org", "a.org"], ["*.a.org"], ["a.org"]],
    ["net", ["[::1]:8000", "[::1]", "127.0.0.1:8000"], ["[::1]"], ["127.0.0.1:8000"]],
    ["net", ["unix:/a/b.sock", "unix:/a/c.sock"], ["unix:/a/b.sock"], ["unix:/a/c.sock"]],
    ["import", ["esm.sh:443", "jsr.io:443"], ["esm.sh"], ["jsr.io:443"]],
  ];
  for (const [kind, granted, denied, left] of cases) {
    const grants = new Map([[kind, granted]]);
    removeDenied(grants, new Map([[kind, denied]]));
    assertEquals([kind, denied, grants.get(kind)], [kind, denied, left]);
  }
});

Deno.test({
  name: "removeDenied() takes out a name that leads to a command which is denied by its path, also through links",
  ignore: Deno.build.os === "windows",
  fn: () => {
    for (const denied of ["/bin/sh", Deno.realPathSync("/bin/sh")]) {
      const grants = new Map<PermissionKind, string[]>([["run", ["sh", "ls"]]]);
      removeDenied(grants, new Map([["run", [denied]]]));
      assertEquals([denied, grants.get("run")], [denied, ["ls"]]);
    }
  },
});
