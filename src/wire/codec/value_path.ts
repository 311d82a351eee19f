/** The way to a part of a value. */

/** One step from the value to a part of it: an index, a key, or an expression such as `.keys()[0]`. */
export type Step = number | string | { readonly expression: string };

/** Why something cannot travel that threw when it was looked at. */
export const UNREADABLE = "an object that cannot be read, such as a Proxy of a Map, only data can travel, send a copy";

/** A path, for example `$.rows[3].when`. */
export function pathOf(steps: readonly Step[]): string {
  let path = "$";
  for (const step of steps) path += formatStep(step);
  return path;
}

/** A step as it stands in a path. */
export function formatStep(step: Step): string {
  if (typeof step === "number") return `[${step}]`;
  if (typeof step === "object") return step.expression;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
