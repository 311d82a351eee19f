/**
 * What a worker's environment says of the place where the program runs: its time zone, its language, its terminal. `Intl`,
 * `navigator` and the console tell the program these without a permission, so its workers are told as well.
 */
import { denoInternals } from "../deno_internals.ts";

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

/** On which of the program's streams its console uses colours: on terminals, or as NO_COLOR and FORCE_COLOR say. */
export function coloredStreams(): { 1: boolean; 2: boolean } {
  const { Console } = denoInternals;
  if (Console !== undefined) {
    const colored = { 1: false, 2: false };
    // Such a console formats as the program's own, so it tells without a permission to read those variables.
    const probe = new Console((text, level) => colored[level > 1 ? 2 : 1] = text !== "1\n");
    probe.log(1);
    probe.error(1);
    return colored;
  }
  return { 1: !Deno.noColor && Deno.stdout.isTerminal(), 2: !Deno.noColor && Deno.stderr.isTerminal() };
}

/** The variables that let a worker's console print colours, or keep it from that. `env` is what the caller gives. */
export function colorVariables(env: Record<string, string>): Record<string, string> {
  if ("NO_COLOR" in env || "FORCE_COLOR" in env) return {};
  const colored = coloredStreams();
  // A worker's streams are pipes, so Deno would never use any.
  return colored[1] || colored[2] ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" };
}
