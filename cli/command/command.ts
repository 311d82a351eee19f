import { EXIT_UNUSABLE } from "../session/exit_code.ts";
import config from "../deno.json" with { type: "json" };
import { UsageError } from "../errors/usage_error.ts";

/** The command `corral`: runs what its arguments say, and returns the exit code. Throws nothing. */
export async function corral(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return 0;
    const { describeError } = await import("./describe_error.ts");
    let text = `corral: ${await describeError(error)}\n`;
    // What a module threw, or a server answered, may be in it.
    if (Deno.stderr.isTerminal()) text = (await import("../files/terminal_text.ts")).sanitizeForTerminal(text);
    // Where nobody reads it any more, the exit code still tells.
    await (await import("../observers/progress/mod.ts")).writeToStderr(text);
    return EXIT_UNUSABLE;
  }
}

async function dispatch([name, ...args]: readonly string[]): Promise<number> {
  switch (name) {
    case "map":
      return await (await import("./map_command.ts")).mapCommand(args);
    case "agent":
      return await (await import("./agent_command.ts")).agentCommand(args);
    case "report":
      return await (await import("./report_command.ts")).reportCommand(args);
    case "completion":
      return await (await import("./completion_command.ts")).completionCommand(args);
    case "--version":
    case "-V":
      return await print(`corral ${config.version}\n`);
    case "help":
      return await print(args.length > 0 ? await topic(args) : (await import("./help.ts")).commandHelp());
    case "--help":
    case "-h":
      return await print((await import("./help.ts")).commandHelp());
    case undefined:
      throw new UsageError(
        "Cannot run: there is no command, wanted map, agent, report or completion; see corral --help",
      );
    default:
      throw new UsageError(await unknownCommand(name));
  }
}

async function topic([name = ""]: readonly string[]): Promise<string> {
  const { HELP_TOPICS } = await import("./help_topics.ts");
  const text = Object.hasOwn(HELP_TOPICS, name) ? HELP_TOPICS[name] : undefined;
  if (text !== undefined) return text;
  throw new UsageError(
    `Cannot help with ${JSON.stringify(name)}: there is no such topic, wanted one of ${
      Object.keys(HELP_TOPICS).join(", ")
    }`,
  );
}

async function unknownCommand(name: string): Promise<string> {
  const { nearestOf } = await import("./nearest_of.ts");
  const near = nearestOf(name, ["map", "agent", "report", "completion", "--help", "--version"], 2);
  const advice = near === undefined ? "see corral --help" : `did you mean ${near}?`;
  return `Cannot run ${JSON.stringify(name)}: there is no such command, ${advice}`;
}

async function print(text: string): Promise<number> {
  const { printText } = await import("../files/standard_streams.ts");
  await printText(text);
  return 0;
}
