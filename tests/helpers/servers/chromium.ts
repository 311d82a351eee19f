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
