/** The statistics of one departure hour. It runs in the workers, and in `main.ts` to compare. */

/** Enough for steady intervals, and for a fair comparison: workers take a moment to start. */
const RESAMPLES = 3_500;

/** The flights that left within one hour of the day. */
export interface Hour {
  /** 0 to 23. */
  hour: number;
  /** Minutes, negative when a flight was early. */
  delays: Float64Array;
}

/** What is known about the mean delay of one hour, in minutes. */
export interface Estimate {
  /** 0 to 23. */
  hour: number;
  /** How many flights left. */
  flights: number;
  /** Their mean delay. */
  mean: number;
  /** The lower end of the 95 % interval. */
  low: number;
  /** Its upper end. */
  high: number;
}

/** The mean delay of an hour with its 95 % bootstrap interval. The same hour gives the same numbers in every process. */
export function estimateDelay({ hour, delays }: Hour): Estimate {
  const means = resampledMeans(delays, hour).sort();
  return {
    hour,
    flights: delays.length,
    mean: delays.reduce((sum, delay) => sum + delay, 0) / delays.length,
    low: means[Math.floor(RESAMPLES * 0.025)]!,
    high: means[Math.ceil(RESAMPLES * 0.975) - 1]!,
  };
}

/** Draws as many values as there are, with replacement, and takes their mean; many times. */
function resampledMeans(values: Float64Array, seed: number): Float64Array {
  const means = new Float64Array(RESAMPLES);
  let state = seed;
  for (let index = 0; index < RESAMPLES; index++) {
    let sum = 0;
    for (let count = values.length; count > 0; count--) {
      // Mulberry32: always the same numbers for a seed.
      state = (state + 0x6d2b79f5) | 0;
      let bits = Math.imul(state ^ (state >>> 15), state | 1);
      bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
      sum += values[Math.floor(((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32 * values.length)]!;
    }
    means[index] = sum / values.length;
  }
  return means;
}
