/** What a task threw, as text. It may be anything: also what has no text, or arrays that hold each other, which would take years to join. */
export function thrownText(thrown: unknown): string {
  if (thrown instanceof Error && typeof thrown.stack === "string") return thrown.stack;
  try {
    return typeof thrown === "string" ? thrown : Deno.inspect(thrown, { depth: 1, iterableLimit: 10 });
  } catch {
    return `thrown: ${typeof thrown}`;
  }
}
