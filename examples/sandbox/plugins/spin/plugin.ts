/** Never ends, and never listens. */
export function run(): never {
  while (true);
}
