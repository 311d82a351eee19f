import "vega-datasets";
import type { Subset } from "./regressor.ts";

/** A movie as in the data set; what is not known is `null`. */
interface Movie {
  "Major Genre": string | null;
  "Production Budget": number | null;
  "IMDB Votes": number | null;
  "IMDB Rating": number | null;
  "Release Date": string;
}

const GENRES = 8;
const MOVIES_PER_GENRE = 100;

/** The largest genres, each with the movies that most people have voted on. They are imported: that takes no permission. */
export async function loadSubsets(): Promise<Subset[]> {
  // Only a package that is imported as well, as above, resolves to the folder it lies in.
  const url = new URL("../data/movies.json", import.meta.resolve("vega-datasets"));
  const { default: movies }: { default: Movie[] } = await import(url.href, { with: { type: "json" } });
  const byGenre = Map.groupBy(movies.filter(isComplete), (movie) => movie["Major Genre"]!);
  return [...byGenre].sort(([, a], [, b]) => b.length - a.length).slice(0, GENRES).map(toSubset);
}

function isComplete(movie: Movie): boolean {
  return Boolean(movie["Major Genre"] && movie["Production Budget"] && movie["IMDB Votes"] && movie["IMDB Rating"]);
}

function toSubset([genre, all]: [string, Movie[]]): Subset {
  const movies = all.toSorted((a, b) => b["IMDB Votes"]! - a["IMDB Votes"]!).slice(0, MOVIES_PER_GENRE);
  return {
    genre,
    features: [
      standardised(movies.map((movie) => Math.log(movie["Production Budget"]!))),
      standardised(movies.map((movie) => Math.log(movie["IMDB Votes"]!))),
      standardised(movies.map((movie) => Number(movie["Release Date"].slice(-4)))),
    ],
    ratings: Float64Array.from(movies, (movie) => movie["IMDB Rating"]!),
  };
}

/** With mean 0 and standard deviation 1. */
function standardised(values: number[]): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return Float64Array.from(values, (value) => (value - mean) / deviation);
}
