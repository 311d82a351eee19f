/** A real browser without a window. */

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** The command of the browser, if one is installed. */
const command: string | undefined = await findCommand();

/** Why there is no browser here, or nothing if there is one. */
export const noChromium: string | undefined = command ? undefined : `none of ${NAMES.join(", ")} is installed`;

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
];

/** The command that opens an address with a profile of its own. */
export function chromiumCommand(profile: string, flags: readonly string[], url: string): Deno.Command {
  const args = [...FLAGS, `--user-data-dir=${profile}`, ...flags, url];
  return new Deno.Command(command!, { args, stdin: "null", stdout: "piped", stderr: "piped" });
}

/** Runs the browser once, with a new profile; returns what it prints. */
export async function runChromium(flags: readonly string[], url: string): Promise<string> {
  const profile = await Deno.makeTempDir({ prefix: "corral-chromium-" });
  try {
    const { success, stdout, stderr } = await chromiumCommand(profile, flags, url).output();
    if (!success) throw new Error(`Cannot run the browser: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(profile, { recursive: true });
  }
}

/** What makes the browser prefer dark pages. */
export const PREFER_DARK = "--blink-settings=preferredColorScheme=0";

async function findCommand(): Promise<string | undefined> {
  for (const name of NAMES) {
    try {
      const { success } = await new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" })
        .output();
      if (success) return name;
    } catch {
      // Not this one.
    }
  }
}
