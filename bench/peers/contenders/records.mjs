/**
 * Records of about 1 kB of JSON, as a program would read them from a file of orders.
 * @param {number} count
 */
export function recordsOf(count) {
  return Array.from({ length: count }, (_, id) => ({
    id,
    name: `customer ${id}`,
    tags: ["retail", "returning", "newsletter"],
    address: { street: "x".repeat(200), city: "Utrecht", at: { latitude: 52.0907, longitude: 5.1214 } },
    lines: Array.from({ length: 5 }, (_, line) => ({ line, amount: id * 7 + line, price: 19.5 })),
    active: true,
    notes: "z".repeat(400),
  }));
}
