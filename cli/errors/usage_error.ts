/** The command was called in a way that it cannot follow. */
export class UsageError extends Error {
  /** Always the class's own name. */
  override name = "UsageError";
}
