import leven from "leven";

/** The name that differs least from what was typed, if that is by no more than so many letters. */
export function nearestOf(typed: string, names: readonly string[], mostLetters: number): string | undefined {
  const [nearest] = names.map((name) => ({ name, distance: leven(typed, name) }))
    .sort((a, b) => a.distance - b.distance);
  return nearest !== undefined && nearest.distance <= mostLetters ? nearest.name : undefined;
}
