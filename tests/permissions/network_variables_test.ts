/** End-to-end: Workers with `net` connect by the certificates and proxies of the program, and untrusted code does not read a proxy's password. */
import { assertEquals } from "@std/assert";
import { LIBRARY } from "../helpers/programs/packages.ts";
import { TLS } from "../helpers/servers/certificate.ts";

const PASSWORD = "Basic bWU6c2VjcmV0";

const PLUGIN = `
  const text = async (url) => await (await fetch(url)).text().catch(String);
  export async function visit(...urls) {
    return await Promise.all(urls.map((url) => text(url).catch(() => "not reached")));
  }
  export async function spy() {
    const { default: process } = await import("node:process");
    const seen = [Deno.env.toObject(), { ...process.env }, Deno.env.get("HTTP_PROXY"), process.env.HTTP_PROXY, process.env.http_proxy];
    return JSON.stringify(seen).includes("secret");
  }
  export async function printed() {
    return new TextDecoder().decode((await new Deno.Command("env").output()).stdout).includes("secret");
  }`;

/** Prints what each worker answers; the others show who reads the password, which the certificates have no part in. */
const program = (others: string): string => `
  import { Pool } from ${JSON.stringify(LIBRARY)};
  const urls = Deno.args;
  const own = await (await fetch(urls[0])).text();
  // What is relative in the variables counts from where the program was started.
  Deno.chdir("elsewhere");
  const module = ${JSON.stringify(`data:text/javascript,${encodeURIComponent(PLUGIN)}`)};
  const asked = async (options, ...calls) => {
    await using pool = new Pool({ workers: 1, module, ...options });
    const answers = calls.map(([name, ...args]) => pool.apply(name, args).catch((error) => error.name));
    return await Promise.all(answers);
  };
  const untrusted = { trust: "untrusted" };
  const visit = ["visit", ...urls];
  console.log(JSON.stringify({
    own,
    trusted: await asked({ permissions: { net: true } }, visit),
    untrusted: await asked({ ...untrusted, permissions: { net: true } }, visit),
    withEnv: await asked({ ...untrusted, permissions: { net: true, env: true } }, visit, ["spy"]),
    ${others}
  }));`;

const OTHERS = `
    named: await asked({ ...untrusted, permissions: { net: true, env: true }, env: { HTTP_PROXY: "secret" } }, ["spy"]),
    withRun: await asked({ ...untrusted, permissions: { net: true, run: ["env"] } }, ["printed"]),
    without: await asked({ permissions: { env: true } }, ["spy"]),`;
// What the caller gives by name is the caller's affair.
const EXPECTED_OF_OTHERS = { named: [true], withRun: [false], without: [false] };

const FEW = ["--allow-run", "--allow-net", "--allow-env", "--allow-read"];
const CASES: [what: string, env: Record<string, string>, flags: string[]][] = [
  ["DENO_CERT", { DENO_CERT: "authority.pem" }, FEW],
  ["DENO_CERT in base64", { DENO_CERT: `base64:${btoa(TLS.authority)}` }, FEW],
  ["NODE_EXTRA_CA_CERTS", { NODE_EXTRA_CA_CERTS: "authority.pem" }, FEW],
  // Elsewhere a program cannot see its flags.
  ["--cert", {}, ["-A", "--cert=authority.pem"]],
];
for (const [index, [what, env, flags]] of CASES.entries()) {
  const [others, ofOthers] = index === 0 ? [OTHERS, EXPECTED_OF_OTHERS] : ["", {}];
  Deno.test(`workers connect by ${what} and the proxy of a program that has changed its folder`, async () => {
    if (what === "--cert" && Deno.build.os !== "linux") return;
    const folder = await Deno.makeTempDir();
    const listen = { hostname: "127.0.0.1", port: 0, onListen() {} };
    await using server = Deno.serve({ ...listen, cert: TLS.cert, key: TLS.key }, () => new Response("by TLS"));
    await using proxy = Deno.serve(
      listen,
      ({ url, headers }) => new Response(`${new URL(url).hostname} ${headers.get("proxy-authorization")}`),
    );
    try {
      await Deno.mkdir(`${folder}/elsewhere`);
      await Deno.writeTextFile(`${folder}/authority.pem`, TLS.authority);
      await Deno.writeTextFile(`${folder}/main.js`, program(others));
      const urls = [`https://127.0.0.1:${server.addr.port}/`, "http://far.invalid/"];
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-prompt", "--no-lock", "--no-config", ...flags, "main.js", ...urls],
        cwd: folder,
        env: {
          ...env,
          HTTP_PROXY: `http://me:secret@127.0.0.1:${proxy.addr.port}`,
        },
      }).output();
      assertEquals(new TextDecoder().decode(stderr), "");
      const both = ["by TLS", `far.invalid ${PASSWORD}`];
      assertEquals(JSON.parse(new TextDecoder().decode(stdout)), {
        own: "by TLS",
        trusted: [both],
        untrusted: [both],
        withEnv: [both, false],
        ...ofOthers,
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
