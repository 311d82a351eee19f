// End-to-end: eight searches of a grid in parallel and one after another, run as a user runs it.
import { assert, assertEquals, assertGreaterOrEqual, assertMatch } from "@std/assert";
import { loadSubsets } from "../../../examples/grid_search/data.ts";
import { grid, type Parameters, type Subset } from "../../../examples/grid_search/regressor.ts";
import { linesOf } from "../../helpers/programs/run_example.ts";

const ROW =
  /^(.+), (\d+) movies +error (\d\.\d{3}) {2}(\d+) neighbours, (\w+), decay (\d), votes × ([\d.]+), year × (\d)$/;
/** One in so many points of the grid is tried here. */
const STRIDE = 97;

Deno.test("examples/grid_search finds the same best parameters in parallel as in one process, and tells both times", async () => {
  const lines = await linesOf("grid_search");
  assertEquals(lines[0], "8 genres, 1782 combinations each, 5-fold cross-validation");
  assertEquals(new Set(Array.from(grid(), (parameters) => JSON.stringify(parameters))).size, 1782);

  const subsets = await loadSubsets();
  for (const [index, subset] of subsets.entries()) {
    const [line, genre, movies, error, neighbours, metric, decay, votes, year] = ROW.exec(lines[index + 1]!)!;
    assertEquals([genre, Number(movies)], [subset.genre, subset.ratings.length]);
    const best = { neighbours, decay, votes, year, metric: metric as Parameters["metric"] };
    assertEquals(errorOf(subset, asNumbers(best)).toFixed(3), error, line);
    for (const [place, parameters] of [...grid()].entries()) {
      if (place % STRIDE === 0) assertGreaterOrEqual(errorOf(subset, parameters), Number(error) - 0.0005, line);
    }
  }
  assertMatch(lines[9]!, /^A pool on \d+ CPUs took \d+\.\d\d s, its start included$/);
  assertMatch(lines[10]!, /^One process takes \d+\.\d\d s, \d+\.\d\d times as long$/);
  assertEquals(lines.slice(11), ["Both found the same parameters"]);
});

function asNumbers(texts: Record<string, string | undefined> & Pick<Parameters, "metric">): Parameters {
  const [neighbours, decay, votes, year] = ["neighbours", "decay", "votes", "year"].map((name) => Number(texts[name]));
  return { neighbours: neighbours!, decay: decay!, votes: votes!, year: year!, metric: texts.metric };
}

/** The error of cross-validation, computed plainly: sort all, take the nearest. */
function errorOf({ features, ratings }: Subset, parameters: Parameters): number {
  const weights = [1, parameters.votes, parameters.year];
  const squares = Array.from(ratings, (rating, one) => {
    const others = Array.from(ratings.keys()).filter((other) => other % 5 !== one % 5).map((other) => {
      const parts = features.map((values, axis) => Math.abs(values[one]! - values[other]!) * weights[axis]!);
      return { distance: norm(parts, parameters.metric), rating: ratings[other]! };
    });
    const nearest = others.sort((a, b) => a.distance - b.distance).slice(0, parameters.neighbours);
    const shares = nearest.map(({ distance }) => (distance + 1e-9) ** -parameters.decay);
    const total = shares.reduce((sum, share) => sum + share, 0);
    const prediction = nearest.reduce((sum, { rating }, place) => sum + rating * shares[place]! / total, 0);
    return (prediction - rating) ** 2;
  });
  assert(squares.length > 0);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

function norm(parts: number[], metric: Parameters["metric"]): number {
  if (metric === "maximum") return Math.max(...parts);
  return metric === "manhattan" ? parts.reduce((sum, part) => sum + part, 0) : Math.hypot(...parts);
}
