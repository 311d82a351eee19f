/** A film as the data set has it; much is missing in it. */
export interface Film {
  Title: string | number | null;
  "Major Genre": string | null;
  "Production Budget": number | null;
  "Worldwide Gross": number | null;
}

/** What the next steps need of a film. */
export interface Earning {
  title: string;
  genre: string;
  /** Earned for each dollar spent. */
  factor: number;
}

/** Leaves out films without known costs, earnings or genre. */
export default function enrich(film: Film): Earning | undefined {
  const { "Production Budget": cost, "Worldwide Gross": gross, "Major Genre": genre } = film;
  if (!cost || !gross || genre === null) return undefined;
  return { title: String(film.Title), genre, factor: gross / cost };
}
