/** What the workers run. */

/** One row, in degrees. */
export interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

type Vector = readonly [x: number, y: number, z: number];

const EARTH_KM = 6371;
const CITIES = [
  { latitude: 35.68, longitude: 139.69 }, // Tokyo
  { latitude: 28.61, longitude: 77.21 }, // Delhi
  { latitude: 31.23, longitude: 121.47 }, // Shanghai
  { latitude: -23.55, longitude: -46.63 }, // São Paulo
  { latitude: 19.43, longitude: -99.13 }, // Mexico City
  { latitude: 30.04, longitude: 31.24 }, // Cairo
].map(onUnitSphere);

/** How far it is to the nearest of some large cities, in kilometres. */
export function distanceToCity(position: Position): number {
  const [x, y, z] = onUnitSphere(position);
  let cosine = -1;
  for (const [cityX, cityY, cityZ] of CITIES) cosine = Math.max(cosine, x * cityX + y * cityY + z * cityZ);
  return EARTH_KM * Math.acos(Math.min(1, cosine));
}

function onUnitSphere({ latitude, longitude }: Position): Vector {
  const [phi, lambda] = [latitude * Math.PI / 180, longitude * Math.PI / 180];
  return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
}
