/** Secrets in files, for agents of tests. */
import { SECRET } from "./secret.ts";

/** A folder of this test process; it is removed with it. */
const FOLDER: string = Deno.makeTempDirSync({ prefix: "corral-cluster-" });

/** Where temporary files lie. */
export const TEMP: string = FOLDER.replace(/\/[^/]*$/, "");

/** A file that holds the secret. */
export const SECRET_FILE: string = writeSecret("cluster.key", SECRET);

/** Writes another secret to a file. */
export function writeSecret(name: string, secret: string): string {
  const path = `${FOLDER}/${name}`;
  Deno.writeTextFileSync(path, secret);
  return path;
}

globalThis.addEventListener("unload", () => Deno.removeSync(FOLDER, { recursive: true }));
