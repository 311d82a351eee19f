import type { CliMapOptions } from "./cli_map_options.ts";

/** The hosts that a Deno which looks at a module may load from: those that workers may. */
export function importFlags({ permissions }: Pick<CliMapOptions, "permissions">): string[] {
  const hosts = permissions === "none" ? undefined : permissions.import;
  return hosts === undefined ? [] : [Array.isArray(hosts) ? `--allow-import=${hosts.join(",")}` : "--allow-import"];
}
