import { EXIT_UNUSABLE } from "../session/exit_code.ts";
import config from "../deno.json" with { type: "json" };
import { PermissionError, WorkerStartError } from "@corral/multiprocessing/pool";
import { CliError } from "../errors/cli_error.ts";
import { UsageError } from "../errors/usage_error.ts";

const encoder = new TextEncoder();

/** The command `corral`: runs what its arguments say, and returns the exit code. Throws nothing. */
export async function corral(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return 0;
    await Deno.stderr.write(encoder.encode(`corral: ${describe(error)}\n`));
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
  const { default: leven } = await import("leven");
  const near = ["map", "agent", "report", "completion", "--help", "--version"].find((one) => leven(one, name) <= 2);
  const advice = near === undefined ? "see corral --help" : `did you mean ${near}?`;
  return `Cannot run ${JSON.stringify(name)}: there is no such command, ${advice}`;
}

async function print(text: string): Promise<number> {
  for (let rest = encoder.encode(text); rest.length > 0;) rest = rest.subarray(await Deno.stdout.write(rest));
  return 0;
}

/** The user's module may be at fault: then the place in it counts. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof CliError) return error.message;
  const message = withPlacesInEval(inOwnWords(error.message));
  if (error instanceof PermissionError || error instanceof WorkerStartError || message.startsWith("Cannot ")) {
    return message;
  }
  const frame = error.stack?.split("\n").find((line) => /^\s+at .*(file|https?):/.test(line) && !line.includes(OWN));
  // What Deno says of a module that it cannot read has the name of the true error in it.
  const told = /^\w*Error: /.test(message) ? message : `${error.name}: ${message}`;
  return frame === undefined || told.includes(frame.trim()) ? told : `${told}\n${frame}`;
}

const OWN = new URL("../", import.meta.url).href;

/** The code of `-e` stands in a module of its own, behind `export default `. */
function withPlacesInEval(message: string): string {
  if (!message.includes("data:application/typescript")) return message;
  const shown = message.replace(
    /^(1 \| )export default (.*\n\s*\| ) {15}/m,
    (_, start, rest) => start + rest,
  );
  return shown.replaceAll(/data:application\/typescript\S*?:(\d+):(\d+)/g, (_, row, column) => {
    return `-e:${row}:${row === "1" ? Number(column) - "export default ".length : column}`;
  });
}

/** The library advises programs; what they do with options, the command does with flags. */
function inOwnWords(message: string): string {
  return message
    .replace("(corral-agent --redis … MODULE)", "(corral agent --redis … MODULE)")
    .replace(
      /, import it in the program, or grant `permissions: \{ import: true \}`/,
      ", or run corral map with --cache",
    )
    .replace(
      /in a corral worker: grant it with `permissions: \{ (\w+): (?:true|\["([^"]*)"\]) \}`/,
      (_, kind, item) => {
        return `grant it with --allow-${kind}${item === undefined ? "" : `=${item}`}`;
      },
    );
}
