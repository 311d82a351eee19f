/** What the workers run: nearest-neighbour regression, and the search for its best parameters. */

/** Movies of one genre: for each the features, standardised, and the rating to predict. */
export interface Subset {
  readonly genre: string;
  /** One row per feature: budget, votes, year. */
  readonly features: readonly [Float64Array, Float64Array, Float64Array];
  readonly ratings: Float64Array;
}

/** One point of the grid. */
export interface Parameters {
  /** How many neighbours decide. */
  readonly neighbours: number;
  readonly metric: "manhattan" | "euclidean" | "maximum";
  /** A neighbour counts by its distance to the power of minus this. */
  readonly decay: number;
  /** How much a difference in votes matters, where one in budget is 1. */
  readonly votes: number;
  /** The same for the year. */
  readonly year: number;
}

/** The best point for a subset. */
export interface Best {
  readonly genre: string;
  readonly parameters: Parameters;
  /** Root mean square error of cross-validation. */
  readonly error: number;
}

const FOLDS = 5;
const AXES = {
  neighbours: [1, 2, 3, 4, 6, 8, 12, 16, 20, 25, 30],
  metric: ["manhattan", "euclidean", "maximum"],
  decay: [0, 1, 2],
  votes: [0, 0.5, 1, 2, 4, 8],
  year: [0, 1, 2],
} as const;

/** All 1 782 combinations. */
export function* grid(): Iterable<Parameters> {
  for (const neighbours of AXES.neighbours) {
    for (const metric of AXES.metric) {
      for (const decay of AXES.decay) {
        for (const votes of AXES.votes) {
          for (const year of AXES.year) yield { neighbours, metric, decay, votes, year };
        }
      }
    }
  }
}

/** Cross-validates every combination. The same subset gives the same answer in every process. */
export function searchGrid(subset: Subset): Best {
  let best: Best | undefined;
  for (const parameters of grid()) {
    const error = crossValidate(subset, parameters);
    if (best === undefined || error < best.error) best = { genre: subset.genre, parameters, error };
  }
  return best!;
}

/** The error when each movie is predicted from those of the other folds. */
function crossValidate(subset: Subset, parameters: Parameters): number {
  const { ratings } = subset;
  let sum = 0;
  for (let index = 0; index < ratings.length; index++) {
    sum += (predict(subset, parameters, index) - ratings[index]!) ** 2;
  }
  return Math.sqrt(sum / ratings.length);
}

/** The mean rating of the nearest movies. */
function predict({ features, ratings }: Subset, parameters: Parameters, index: number): number {
  const { neighbours, decay } = parameters;
  // The nearest so far, in order.
  const distances: number[] = [];
  const nearest: number[] = [];
  for (let other = 0; other < ratings.length; other++) {
    if (other % FOLDS === index % FOLDS) continue;
    const distance = distanceBetween(features, parameters, index, other);
    if (distances.length === neighbours && distance >= distances[neighbours - 1]!) continue;
    let place = Math.min(distances.length, neighbours - 1);
    for (; place > 0 && distances[place - 1]! > distance; place--) {
      distances[place] = distances[place - 1]!;
      nearest[place] = nearest[place - 1]!;
    }
    distances[place] = distance;
    nearest[place] = other;
  }
  let [sum, weights] = [0, 0];
  for (const [place, other] of nearest.entries()) {
    const weight = 1 / (distances[place]! + 1e-9) ** decay;
    sum += weight * ratings[other]!;
    weights += weight;
  }
  return sum / weights;
}

function distanceBetween(
  [budgets, votes, years]: Subset["features"],
  parameters: Parameters,
  one: number,
  other: number,
): number {
  const x = Math.abs(budgets[one]! - budgets[other]!);
  const y = Math.abs(votes[one]! - votes[other]!) * parameters.votes;
  const z = Math.abs(years[one]! - years[other]!) * parameters.year;
  if (parameters.metric === "manhattan") return x + y + z;
  return parameters.metric === "euclidean" ? Math.sqrt(x * x + y * y + z * z) : Math.max(x, y, z);
}
