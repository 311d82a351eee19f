// Unit: how things are named in the server.
import { assertEquals } from "@std/assert";
import { toJob } from "../src/bullmq/jobs.ts";
import { queueName } from "../src/names.ts";

Deno.test("queueName() is another for each group and code, wherever they have a hyphen", () => {
  const pairs = [
    ["prod", "eu-1"],
    ["prod-eu", "1"],
    ["prod-", "eu-1"],
    ["prod", "-eu-1"],
    ["prod-eu-1", "a"],
    ["prod", "eu.1-a"],
    ["prod-eu", "1-a"],
    ["-", "-"],
    ["--", ""],
    ["-", ".-"],
  ] as const;
  assertEquals(new Set(pairs.map(([group, code]) => queueName(group, code))).size, pairs.length);
});

Deno.test("queueName() is what dashboards have always shown for a group without a hyphen", () => {
  assertEquals(queueName("default", "no-module"), "corral-default-no-module");
  assertEquals(queueName("prod_eu", "1.2-rc1"), "corral-prod_eu-1.2-rc1");
});

Deno.test("a job's name is a text that every server can store, and is shown on one line", () => {
  const nameOf = (name: string): string => toJob({ id: "c0-1", name, letter: { l: "", m: "" }, priority: 0 }).name;
  assertEquals(["resize", "größe 😀", "a\0b", "a\ud800", "a\nb"].map(nameOf), [
    "resize",
    "größe 😀",
    "a�b",
    "a�",
    "a�b",
  ]);
  assertEquals(nameOf(`${"a".repeat(199)}😀`), `${"a".repeat(199)}�`);
});
