/** How long the arguments of a process may be. The system refuses a longer one without a word about which it was. */

/** The limits of a system, in bytes; on Windows, in characters. */
export interface ArgumentLimits {
  /** Of one argument, or of one variable with its name. */
  readonly one: number;
  /** Of all of them. */
  readonly all: number;
}

/** The limits of this system: a page less than what was tried, since the system adds something of its own. */
export const ARGUMENT_LIMITS: ArgumentLimits = {
  windows: { one: 32_000, all: 32_000 },
  darwin: { one: 1_000_000, all: 1_000_000 },
  linux: { one: 131_000, all: 2_000_000 },
}[Deno.build.os as "linux"] ?? { one: 131_000, all: 1_000_000 };

/**
 * Refuses a command line that the system would not take.
 *
 * @throws {RangeError} It names the longest option.
 */
export function requireArgumentsFit(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  limits: ArgumentLimits = ARGUMENT_LIMITS,
): void {
  const parts = [
    ...args.map((arg) => ({ option: optionOf(arg), size: sizeOf(arg) })),
    ...Object.entries(env).map(([name, value]) => ({ option: `"env.${name}"`, size: sizeOf(`${name}=${value}`) })),
  ];
  const longest = parts.reduce((a, b) => b.size > a.size ? b : a);
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  const limit = longest.size > limits.one ? limits.one : total > limits.all ? limits.all : undefined;
  if (limit === undefined) return;
  throw new RangeError(
    `Cannot start workers: ${longest.option} makes ${longest.size} bytes of a command line, ` +
      `${limit === limits.one ? `one option may make ${limit}` : `all together may make ${limit}`}, ${
        remedyFor(longest.option)
      }`,
  );
}

function optionOf(arg: string): string {
  const [, verb, kind] = /^--(allow|deny)-(\w+)=/.exec(arg) ?? [];
  if (kind !== undefined) return `"${verb === "allow" ? "permissions" : "deny"}.${kind}"`;
  if (arg.startsWith("--import-map=data:")) return 'the "imports" of the module\'s deno.json';
  return arg.startsWith("data:") ? '"module"' : `"${arg.split("=")[0]}"`;
}

function remedyFor(option: string): string {
  if (/\.(read|write|ffi)"$/.test(option)) return "name folders in place of the files in them";
  if (/^"(permissions|deny)/.test(option)) return "name fewer, or all with true";
  return option.startsWith('"env') ? "send it as an argument" : "shorten it";
}

const encoder = new TextEncoder();

function sizeOf(text: string): number {
  return Deno.build.os === "windows" ? text.length : encoder.encode(text).length;
}
