/** What a caller may have meant by an option that a cluster does not have. */

/** What other libraries, and `corral-agent`, call the same thing; in small letters, without `-` and `_`. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  url: ["redis", "postgres"],
  uri: ["redis", "postgres"],
  address: ["redis", "postgres"],
  connection: ["redis", "postgres"],
  connectionstring: ["redis", "postgres"],
  host: ["redis", "postgres"],
  hostname: ["redis", "postgres"],
  port: ["redis", "postgres"],
  server: ["redis", "postgres"],
  broker: ["redis", "postgres"],
  redisurl: ["redis"],
  valkey: ["redis"],
  databaseurl: ["postgres"],
  postgresurl: ["postgres"],
  postgresql: ["postgres"],
  pg: ["postgres"],
  key: ["secret"],
  token: ["secret"],
  secretfile: ["secret"],
  queue: ["group"],
  name: ["group"],
  version: ["codeVersion"],
  agenttimeout: ["agentTimeoutMs"],
  timeout: ["agentTimeoutMs"],
  timeoutms: ["agentTimeoutMs"],
  resultttl: ["resultTtlMs"],
  ttl: ["resultTtlMs"],
  lease: ["leaseMs"],
  noaofcheck: ["aofCheck"],
  ca: ["tls"],
  cafile: ["tls"],
};

/**
 * Refuses options that are not known. Throws TypeError, which names the right ones.
 *
 * @param action What cannot be done with them, like `"make a cluster"`.
 */
export function checkNames(
  action: string,
  owner: string,
  options: object,
  known: Readonly<Record<string, true>>,
): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    const bare = name.replaceAll(/[_-]/g, "").toLowerCase();
    const same = Object.keys(known).filter((option) => option.toLowerCase() === bare);
    const meant = same.length > 0 ? same : (OTHER_NAMES[bare] ?? []).filter((other) => Object.hasOwn(known, other));
    const wanted = (meant.length > 0 ? meant : Object.keys(known)).map((option) => JSON.stringify(option));
    throw new TypeError(
      `Cannot ${action}: "${name}" is not an option of ${owner}, ${meant.length > 0 ? "wanted" : "it has"} ${
        wanted.join(meant.length > 0 ? " or " : ", ")
      }`,
    );
  }
}

/** Refuses a value that is neither left out nor a truth value. Throws TypeError. */
export function checkFlag(action: string, name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new TypeError(`Cannot ${action}: "${name}" is ${typeof value}, true or false is wanted`);
}

/**
 * Refuses what stands behind the last argument that a call takes. Throws TypeError.
 *
 * @param form The call as it is wanted, like `"ready()"`.
 */
export function checkArguments(form: string, given: ArrayLike<unknown>, most: number): void {
  if (given.length <= most || given[most] === undefined) return;
  const [name] = form.split("(", 1);
  throw new TypeError(`Cannot call ${name}() with ${typeof given[most]} as argument ${most + 1}: wanted ${form}`);
}
