/** How many primes there are from `start` up to `start + size`. */
export function countPrimes([start, size]: readonly [start: number, size: number]): number {
  let count = 0;
  for (let candidate = start; candidate < start + size; candidate++) if (isPrime(candidate)) count++;
  return count;
}

function isPrime(candidate: number): boolean {
  if (candidate < 2) return false;
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false;
  return true;
}
