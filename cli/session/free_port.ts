import { reasonOf } from "../errors/cli_error.ts";
import { UsageError } from "../errors/usage_error.ts";

/** Throws UsageError before anything is done if the live page cannot be served on the port; 0 is any. */
export function requireFreePort(port: number): void {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  } catch (cause) {
    throw new UsageError(
      `Cannot use ${port} as --dashboard: ${reasonOf(cause)}, wanted another port, or --dashboard alone for any`,
      { cause },
    );
  }
}
