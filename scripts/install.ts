// deno-lint-ignore-file no-console
/**
 * Makes the command of this working tree the user's `corral`.
 *
 *     deno task install [--root FOLDER] [-A | --allow-net=… …]
 *
 * `deno install` cannot: it copies the configuration, and with that the members of the workspace are gone. So this writes
 * what it would write, but for the configuration, which stays where it is. What starts then is a copy of the command in few files, as it stands
 * now: Deno resolves and reads hundreds of sources at each start otherwise, and that takes longer than the start of a worker.
 */
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { NEEDED_FLAGS } from "../cli/session/own_permissions.ts";
import { fewFiles } from "./packaging/few_files.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const SOURCES = `${ROOT}cli/main.ts`;
/** Where the copy lies: places in it that are relative to a source's folder mean the same. */
const BUILT = `${ROOT}cli/built`;
/** So long, files of an earlier copy stay: a command that is running loads some of them late, such as what draws its report at its end. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** The script that starts the command, and its name. */
export function launcher(
  flags: readonly string[],
  deno: string,
  windows: boolean,
  main: string = SOURCES,
): { name: string; text: string } {
  const granted = flags.length === 0 ? ["-A"] : flags[0] === "-A" ? flags : [...NEEDED_FLAGS, ...flags];
  const args = ["run", ...granted, "--no-prompt", "--quiet", `--config=${ROOT}deno.json`, main];
  if (windows) {
    const quoted = args.map((arg) => `"${arg}"`).join(" ");
    return { name: "corral.cmd", text: `@echo off\r\n"${deno}" ${quoted} %*\r\n` };
  }
  const quoted = [deno, ...args].map((arg) => /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`);
  return { name: "corral", text: `#!/bin/sh\nexec ${quoted.join(" ")} "$@"\n` };
}

/**
 * Makes the copy, and returns its main file; that of the sources where it cannot be made: Deno gets its bundler from npm, and the clone may
 * not be ours to write. What the copy loads late Deno does not look for: so it is seen to that it lies in the cache.
 */
async function build(): Promise<string> {
  await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", SOURCES],
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  const main = await fewFiles(SOURCES, BUILT, ROOT);
  if (main !== undefined) await removeOld();
  return main ?? SOURCES;
}

/** Names of files come from what is in them, but for the main file's: so those of another copy are none of this one. */
async function removeOld(): Promise<void> {
  for await (const { name } of Deno.readDir(BUILT)) {
    const { mtime } = await Deno.stat(`${BUILT}/${name}`);
    if (mtime !== null && Date.now() - mtime.getTime() > KEPT_MS) await Deno.remove(`${BUILT}/${name}`);
  }
}

async function isOnPath(): Promise<boolean> {
  try {
    return (await new Deno.Command("deno", { args: ["--version"], stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

async function install(args: readonly string[]): Promise<void> {
  const at = args.indexOf("--root");
  const flags = at < 0 ? args : args.toSpliced(at, 2);
  const wrong = flags.find((flag) => !/^(-A|--ignore-env|--(allow|deny)-\w+(=.*)?)$/.test(flag));
  if (wrong !== undefined) {
    throw new Error(`Cannot install: ${wrong} is not a permission flag, wanted -A or some like --allow-net`);
  }
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE");
  const root = at >= 0 ? args[at + 1]! : Deno.env.get("DENO_INSTALL_ROOT") ?? (home && join(home, ".deno"));
  if (!root) throw new Error("Cannot install: there is no home folder, wanted --root FOLDER");
  const folder = join(root, "bin");
  const windows = Deno.build.os === "windows";
  const main = await build();
  const { name, text } = launcher(flags, await isOnPath() ? "deno" : Deno.execPath(), windows, main);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, name), text, { mode: 0o755 });
  console.log(`Installed ${join(folder, name)}`);
  console.log(
    main === SOURCES
      ? "It runs from the sources, and starts slowly: they could not be made into few files"
      : "It is the command as it stands now: install again after a change",
  );
  if (!(Deno.env.get("PATH") ?? "").split(delimiter).includes(folder)) {
    console.log(
      `${folder} is not in your PATH yet: ${
        windows ? `setx PATH "%PATH%;${folder}"` : `export PATH="${folder}:$PATH"`
      }`,
    );
  }
}

if (import.meta.main) {
  try {
    await install(Deno.args);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
