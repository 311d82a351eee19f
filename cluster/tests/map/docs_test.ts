// End-to-end: the commands of docs/command.md that need other machines, with a Redis of this test in their place.
import { assert, assertEquals } from "@std/assert";
import { corralArgs, inFolder } from "../../../tests/helpers/programs/corral.ts";
import { codeBlocks } from "../../../tests/helpers/programs/markdown.ts";
import { NO_REDIS, RedisServer } from "../helpers/redis_server.ts";

const MACHINE = "10.0.0.5:6379";
const blocks = (await codeBlocks()).filter(({ path, language }) => path === "docs/command.md" && language === "sh");

Deno.test("docs/command.md has commands for a cluster that work, one after the other", {
  ignore: NO_REDIS !== undefined,
}, () =>
  inFolder(async (folder) => {
    await using redis = await RedisServer.start();
    const spawn = (line: string): Deno.ChildProcess => {
      const script = line.replace(MACHINE, `127.0.0.1:${redis.port}`).replace(/^corral /, `exec "$CORRAL" `);
      return new Deno.Command("bash", {
        args: ["-c", script],
        cwd: folder,
        env: { CORRAL: `${folder}/corral`, NO_COLOR: "1" },
        stdin: "null",
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
    };
    const [deno, ...args] = [Deno.execPath(), ...corralArgs([], ["-A"])];
    const text = `#!/bin/sh\nexec "${deno}" ${args.map((arg) => `"${arg}"`).join(" ")} "$@"\n`;
    await Deno.writeTextFile(`${folder}/corral`, text, { mode: 0o755 });

    const [files, cluster] = [blocks[0]!, blocks.find(({ text }) => text.includes(MACHINE))!];
    for (const line of files.text.split("\n")) assert((await spawn(line).output()).success, line);
    const [secret, agentLine, mapLine] = cluster.text.split("\n") as [string, string, string];
    assert((await spawn(secret).output()).success, secret);
    const agent = spawn(agentLine);
    const output = agent.stdout.pipeThrough(new TextDecoderStream()).getReader();
    try {
      for (let log = ""; !log.includes(" lanes serve map-");) {
        const { value, done } = await output.read();
        assert(!done, `the agent ended: ${log}`);
        log += value;
      }
      const { code, stdout } = await spawn(mapLine).output();
      const totals = new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => JSON.parse(line).total);
      assertEquals([code, totals], [0, [60, 0, 14]]);
    } finally {
      agent.kill("SIGTERM");
      await agent.status;
      await output.cancel();
    }
  }));
