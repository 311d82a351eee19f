import { SECRET_FILE } from "./secret_file.ts";

/** What makes `corral map` work on agents. */
export function clusterFlags(url: string, secretFile = SECRET_FILE): string[] {
  return ["--cluster", url, "--secret-file", secretFile];
}

/** What the command needs itself for that, beside what it always needs. */
export function clusterPermissions(url: string): string[] {
  return [`--allow-net=${new URL(url).host}`, "--allow-sys=hostname", "--ignore-env"];
}
