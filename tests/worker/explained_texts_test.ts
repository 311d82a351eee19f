/** End-to-end: a real Deno says what `explain()` knows, under flags of a worker. One that fails has words that are no longer, or not yet, in its table. */
import { assert, assertStringIncludes } from "@std/assert";
import type { Circumstances } from "../../src/worker/circumstances.ts";
import { explain } from "../../src/worker/explain.ts";
import { OPEN } from "../helpers/circumstances.ts";

const WORKER: Circumstances = { ...OPEN, isHidden: () => true };
const UNTRUSTED: Circumstances = { ...WORKER, trust: "untrusted" };

interface Case {
  readonly code: string;
  readonly flags?: readonly string[];
  readonly worker?: Circumstances;
  /** A part of the advice. */
  readonly advice: string;
}

const NPM = 'import "npm:corral-none@1";';
const CASES: Readonly<Record<string, Case>> = {
  "a package that is not in the cache": { code: NPM, advice: "workers download nothing" },
  "a module that is not in the cache": {
    code: 'import "http://127.0.0.1:1/a.ts";',
    advice: "workers download nothing",
  },
  "a name that nothing maps": { code: 'import "corral-none";', advice: "/srv/deno.json does not map it" },
  "such a name in an import()": { code: 'await import("corral" + "-none");', advice: "/srv/deno.json does not map it" },
  "a file that is there with an extension": {
    code: 'await import("./oth" + "er");',
    advice: "; add a '.ts' extension",
  },
  "such a file in a folder that may be read": {
    code: 'import "./other";',
    advice: "for imports without an extension set",
  },
  "what is not granted": { code: 'Deno.env.get("CORRAL_NONE")', advice: '`permissions: { env: ["CORRAL_NONE"] }`' },
  "a symbolic link": {
    code: 'Deno.symlinkSync("a", "b")',
    flags: ["--allow-write=."],
    advice: "make the link in your program",
  },
  "the look-up of a host": {
    code: `const net = await import("node:net");
      await new Promise((_, reject) => net.connect(80, "example.org").on("error", reject));`,
    advice: '`permissions: { net: ["example.org"] }`',
  },
  "a command": {
    code: 'await new Deno.Command("corral-none").output()',
    advice: '`permissions: { run: ["corral-none"] }`',
  },
  "a command of Node's": {
    code: `const { spawnSync } = await import("node:child_process"); throw spawnSync("corral-none").error;`,
    flags: ["--allow-env"],
    advice: '`permissions: { run: ["corral-none"] }`',
  },
  "an unstable API": {
    code: 'new Worker("data:,", { type: "module", deno: { permissions: "none" } })',
    advice: 'set "unstable": ["worker-options"]',
  },
  "a file as bytes": {
    code: 'import "./other.ts" with { type: "bytes" };',
    advice: 'set "unstable": ["raw-imports"]',
  },
  "a file as bytes in an import()": {
    code: 'await import("./oth" + "er.ts", { with: { type: "bytes" } });',
    flags: ["--allow-read=."],
    advice: 'set "unstable": ["raw-imports"]',
  },
  "packages that an untrusted module may not use": {
    code: NPM,
    flags: ["--no-npm"],
    worker: UNTRUSTED,
    advice: "an untrusted module loads from its own folder only",
  },
  "modules that an untrusted module may not use": {
    code: 'import "http://127.0.0.1:1/a.ts";',
    flags: ["--no-remote"],
    worker: UNTRUSTED,
    advice: "an untrusted module loads from its own folder only",
  },
  "JSX without options": {
    code: "console.log(<a />);",
    worker: UNTRUSTED,
    advice: "@jsxImportSource",
  },
  "a file of CommonJS": { code: 'require("./other")', advice: 'name it ".cjs"' },
};

Deno.test("explain() advises on what Deno says", async (t) => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/other.ts`, "");
  for (const [what, { code, flags = [], worker = WORKER, advice }] of Object.entries(CASES)) {
    await t.step(what, async () => {
      const name = `case.${code.includes("<a />") ? "tsx" : "ts"}`;
      // In a module that catches, since an uncaught error has Deno's own advice below it.
      const isStatic = code.startsWith("import ");
      await Deno.writeTextFile(
        `${folder}/${name}`,
        isStatic ? code : `try { ${code} } catch (error) { console.error(error.message); }`,
      );
      const { stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", "--quiet", "--no-config", "--no-lock", "--cached-only", ...flags, name],
        cwd: folder,
        env: { NO_COLOR: "1", DENO_DIR: `${folder}/cache` },
        stdin: "null",
      }).output();
      const text = new TextDecoder().decode(stderr).trimEnd();
      const explained = explain(text, worker);
      assert(explained !== text, text);
      assertStringIncludes(explained, advice);
    });
  }
});

Deno.test("explain() advises on what Deno says of a server that wants a token, or is not there", async () => {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => new Response("", { status: 401 }));
  const messageOf = (url: string) => import(url).then(() => "", (error: Error) => error.message);
  const origin = `http://127.0.0.1:${server.addr.port}`;
  assertStringIncludes(explain(await messageOf(`${origin}/corral.ts`), WORKER), "are not given the DENO_AUTH_TOKENS");
  await server.shutdown();
  const gone = await fetch(origin).then(() => "", (error: Error) => error.message);
  assertStringIncludes(explain(gone, WORKER), "if DENO_CERT, ");
});
