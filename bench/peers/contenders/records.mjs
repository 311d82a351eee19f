/**
 * Records of about 1 kB of JSON, read as lines of a file of orders: no two share a text. Literals would share theirs, and pickle writes what is
 * shared only once, so that it would have less than a quarter of the bytes to move.
 * @param {number} count
 */
export function recordsOf(count) {
  return Array.from({ length: count }, (_, id) =>
    JSON.parse(JSON.stringify({
      id,
      name: `customer ${id}`,
      tags: ["retail", "returning", "newsletter"],
      address: { street: "x".repeat(200), city: "Utrecht", at: { latitude: 52.0907, longitude: 5.1214 } },
      lines: Array.from({ length: 5 }, (_, line) => ({ line, amount: id * 7 + line, price: 19.5 })),
      active: true,
      notes: "z".repeat(400),
    })));
}
