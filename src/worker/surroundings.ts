/**
 * What a worker's environment says of the place where the program runs: its time zone, its language, its terminal. `Intl`,
 * `navigator` and the console tell the program these without a permission, so its workers are told as well.
 */
const { navigator } = globalThis;
const { Temporal } = globalThis as { Temporal?: { Now: { timeZoneId(): string } } };

/** The variables that make a worker's clock and language the program's own. */
export function localeVariables(): Record<string, string> {
  const timeZone = Temporal?.Now.timeZoneId();
  // Without a language in the environment ICU names the one of POSIX, which cannot be given as a variable.
  const language = navigator.language.includes("-u-va-posix") ? undefined : navigator.language;
  return {
    ...(timeZone === undefined ? {} : { TZ: timeZone }),
    ...(language === undefined ? {} : { LANG: `${language.replaceAll("-", "_")}.UTF-8` }),
  };
}

/** Which of the program's streams show colours. */
export function coloredStreams(): { 1: boolean; 2: boolean } {
  return { 1: !Deno.noColor && Deno.stdout.isTerminal(), 2: !Deno.noColor && Deno.stderr.isTerminal() };
}

/** The variables that let a worker's console print colours, or keep it from that. `env` is what the caller gives. */
export function colorVariables(env: Record<string, string>): Record<string, string> {
  if ("NO_COLOR" in env || "FORCE_COLOR" in env) return {};
  const colored = coloredStreams();
  // A worker's streams are pipes, so Deno would never use any.
  return colored[1] || colored[2] ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" };
}
