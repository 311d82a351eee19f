import { UsageError } from "../errors/usage_error.ts";

/** Checks the name of code; the name of a module may stand in front. Throws UsageError. */
export function checkCodeVersion(text: string): string {
  if (/^([A-Za-z0-9._-]{1,40}@)?[A-Za-z0-9._-]{1,64}$/.test(text)) return text;
  throw new UsageError(
    `Cannot use ${
      JSON.stringify(text)
    } as --code-version: 1 to 64 letters, digits, ".", "_" or "-" are wanted, such as a git commit`,
  );
}
