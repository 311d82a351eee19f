/** Gets the npm pools that `package-lock.json` pins. */

const FOLDER = new URL(".", import.meta.url);

/** Installs them, unless they are there as the lock says. Returns whether they are. */
export async function installPeers(): Promise<boolean> {
  if (await isInstalled()) return true;
  try {
    const npm = new Deno.Command("npm", {
      args: ["ci", "--no-audit", "--no-fund", "--ignore-scripts"],
      cwd: FOLDER,
      stdout: "null",
    });
    return (await npm.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** npm notes what it has installed, in the form of the lock. */
export async function isInstalled(): Promise<boolean> {
  const [wanted, installed] = await Promise.all(
    ["package-lock.json", "node_modules/.package-lock.json"].map((path) => versionsIn(new URL(path, FOLDER))),
  );
  return Object.entries(wanted!).every(([path, version]) => path === "" || installed![path] === version);
}

/** The version of each package in a lock file; of none where there is no file. */
export async function versionsIn(lock: URL): Promise<Record<string, string>> {
  const text = await Deno.readTextFile(lock).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return '{"packages":{}}';
    throw error;
  });
  const { packages } = JSON.parse(text) as {
    packages: Record<string, { version: string; optional?: boolean }>;
  };
  return Object.fromEntries(
    Object.entries(packages).filter(([, { optional }]) => !optional).map(([path, { version }]) => [path, version]),
  );
}
