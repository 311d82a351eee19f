// deno-lint-ignore-file no-console
/** How long a task of 1 ms takes that has a worker of its own, by the mean. */
import { Pool } from "../../mod.ts";

const COUNT = 200;
const spin = () => {
  for (const end = performance.now() + 1; performance.now() < end;);
};
await using pool = new Pool({ workers: 1, maxTasksPerChild: 1 });
const startedAt = performance.now();
await Promise.all(Array.from({ length: COUNT }, () => pool.apply(spin)));
console.log(JSON.stringify({ times: [(performance.now() - startedAt) / COUNT] }));
