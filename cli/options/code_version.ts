import { UsageError } from "../errors/usage_error.ts";

/** Checks the name of code: it has the runner's in front of it, and with that it must not be too long. Throws UsageError. */
export function checkCodeVersion(text: string): string {
  if (/^[A-Za-z0-9._-]{1,50}$/.test(text)) return text;
  throw new UsageError(
    `Cannot use ${
      JSON.stringify(text)
    } as --code-version: 1 to 50 letters, digits, ".", "_" or "-" are wanted, such as a git commit`,
  );
}
