// Unit: what an agent ends with where its command line is wrong. Nothing is connected to.
// deno-lint-ignore-file no-console -- what the command says goes there
import { assertEquals, assertStringIncludes } from "@std/assert";
import { MAP_HOST } from "../../../cli/cluster/map_host.ts";
import { runAgentCommand } from "../../src/agent/command.ts";
import type { AgentHost } from "../../src/agent/host.ts";
import { SECRET_FILE } from "../helpers/secret_file.ts";

/** Runs the command; returns its exit code and what it says. */
async function run(args: readonly string[], host?: AgentHost): Promise<[code: number, said: string]> {
  const { error } = console;
  const said: unknown[] = [];
  console.error = (text: unknown) => said.push(text);
  try {
    return [await runAgentCommand(["--secret-file", SECRET_FILE, ...args], host), said.join("\n")];
  } finally {
    console.error = error;
  }
}

const REDIS = ["--redis", "redis://127.0.0.1:1"];

for (
  const [args, wanted, host] of [
    [["--redis", "redis://", "--allow-inline"], 'Cannot use "redis://" as the address of Redis'],
    [["--redis", "127.0.0.1:6379", "a.ts"], 'Cannot use "127.0.0.1:6379" as the address of Redis'],
    [["--redis", "redis://h:99999", "a.ts"], 'Cannot use "redis://h:99999" as the address of Redis'],
    [["--redis", "redis://h/abc", "a.ts"], '"abc" is not the number of a database'],
    [["--postgres", "redis://h", "a.ts"], 'Cannot use "redis://h" as the address of PostgreSQL'],
    [["--postgres", "postgres://h/d?sslrootcert=a.pem", "--ca-file", "b.pem", "a.ts"], "name all of them in one place"],
    [[...REDIS, "ws://host/a.ts"], 'Cannot load module "ws://host/a.ts"'],
    [[...REDIS, "--init", "prepare", "--allow-inline"], "Cannot use --init prepare: there is no module"],
    [[...REDIS, "--allow-read=,", "--allow-inline"], 'Cannot grant read access: "" was given'],
    [[...REDIS], "Cannot start: there is no function", MAP_HOST],
    [[...REDIS, "--code-version", "v".repeat(65), "a.ts"], "as --code-version: 1 to 64", MAP_HOST],
  ] as const
) {
  Deno.test(`runAgentCommand() ends with 2 for a mistake in its flags: ${args.join(" ")}`, async () => {
    const [code, said] = await run(args, host);
    assertStringIncludes(said, wanted);
    assertEquals(code, 2);
  });
}

Deno.test("runAgentCommand() ends with 1 when its flags are right and it cannot serve", async () => {
  const [code, said] = await run([...REDIS, "--ca-file", "missing.pem", "--allow-inline"]);
  assertStringIncludes(said, "Cannot read the file of --ca-file");
  assertEquals(code, 1);
});
