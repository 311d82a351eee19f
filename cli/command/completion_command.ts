import { HELP_TOPICS } from "./help_topics.ts";
import { completionScript, type Shell } from "./completion.ts";
import { MAP_FLAGS } from "../options/map_flags.ts";
import { REPORT_FLAGS } from "./report_command.ts";
import { printText } from "../files/standard_streams.ts";
import { UsageError } from "../errors/usage_error.ts";

const SHELLS: readonly Shell[] = ["bash", "zsh", "fish"];

const USAGE = `corral completion ${SHELLS.join("|")}

Prints the script that completes the command in a shell:
  source <(corral completion bash)      in ~/.bashrc; for zsh alike
  corral completion fish | source       in ~/.config/fish/config.fish
`;

/** `corral completion`: prints the script that completes the command in a shell. Returns the exit code. */
export async function completionCommand([name]: readonly string[]): Promise<number> {
  if (name === "--help" || name === "-h") {
    await printText(USAGE);
    return 0;
  }
  const shell = SHELLS.find((one) => one === name);
  if (shell === undefined) {
    throw new UsageError(
      `Cannot complete: ${
        name === undefined ? "no shell was named" : `"${name}" is not a known shell`
      }, wanted one of ${SHELLS.join(", ")}`,
    );
  }
  const script = completionScript(shell, "corral", [
    { name: "map", help: "Run a function for each record", options: MAP_FLAGS, arguments: "files" },
    // Its flags are those of another package, which is not loaded for this.
    { name: "agent", help: "Run records for other machines", options: [], arguments: "files" },
    { name: "report", help: "Draw the report of a run", options: REPORT_FLAGS, arguments: "files" },
    { name: "completion", help: "Print a completion script", options: [], arguments: SHELLS },
    { name: "help", help: "Tell more about a topic", options: [], arguments: Object.keys(HELP_TOPICS) },
  ]);
  await printText(script);
  return 0;
}
