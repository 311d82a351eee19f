// End-to-end: three agents, one of them killed in mid-run.
import { assertEquals, assertMatch } from "@std/assert";

const ROOT = new URL("../../../", import.meta.url);

async function hasRedis(): Promise<boolean> {
  try {
    return (await new Deno.Command("redis-server", { args: ["--version"], stdout: "null" }).output()).success;
  } catch {
    return false;
  }
}

const ignore = !await hasRedis();

Deno.test({
  name: `examples/cluster loses nothing when an agent is killed${
    ignore ? " (skipped: redis-server is missing, apt-get install redis-server)" : ""
  }`,
  ignore,
  async fn() {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "demo:cluster"],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(success, true, errors);
    assertMatch(output!, /amsterdam: 1 lane serves \w{16}/);
    assertMatch(output!, /15 of 60 ranges are done; berlin is killed/);
    // The number of primes below 3 600 000, by a sieve.
    assertMatch(output!, new RegExp(`^${sieve(3_600_000)} primes below 3600000, \\d task\\(s\\) tried again$`, "m"));
    assertMatch(output!, /^Still there: amsterdam, cairo$/m);
  },
});

function sieve(limit: number): number {
  const composite = new Uint8Array(limit);
  let count = 0;
  for (let candidate = 2; candidate < limit; candidate++) {
    if (composite[candidate]) continue;
    count++;
    for (let multiple = candidate * candidate; multiple < limit; multiple += candidate) composite[multiple] = 1;
  }
  return count;
}
