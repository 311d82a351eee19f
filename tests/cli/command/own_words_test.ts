/** Unit, and end-to-end where a module fails: the advice of the library as `corral map` says it, for all that the library can advise. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { inOwnWords } from "../../../cli/command/own_words.ts";
import type { Circumstances } from "../../../src/worker/circumstances.ts";
import { explain } from "../../../src/worker/explain.ts";
import { inFolder } from "../../helpers/programs/corral.ts";
import { mapByOne } from "../../helpers/programs/in_turn.ts";
import { OPEN } from "../../helpers/circumstances.ts";

const WORKER: Circumstances = { ...OPEN, isHidden: () => true };
const CIRCUMSTANCES: readonly Circumstances[] = [
  WORKER,
  { ...WORKER, trust: "untrusted" },
  { ...WORKER, config: undefined, flagsAreKnown: false },
  { ...WORKER, config: undefined, mayReadFolder: false, flagsAreKnown: false },
  { ...WORKER, config: undefined, folder: undefined, module: undefined },
  { ...WORKER, module: "data:text/javascript,0", isDenied: () => true },
];

/** What Deno says, and what the command then advises first in the first of these circumstances. */
const TEXTS: readonly [text: string, advice: string][] = [
  [
    'npm package not found in cache: "a", --cached-only is specified.',
    "workers download nothing, run `deno cache /srv/tasks.ts` first, or run corral map with --cache",
  ],
  ['Import "leven" not a dependency', "/srv/deno.json does not map it, add it there"],
  [
    "The lockfile is out of date. Run `deno install --frozen=false`, or rerun with `--frozen=false`",
    "workers load only what it pins, run `deno cache /srv/tasks.ts` or `deno install` first, or run corral map with --cache",
  ],
  ['Requires env access to "HOME", run again with the --allow-env flag', "grant it with --allow-env=HOME"],
  ["Requires sys access, run again with the --allow-sys flag", "grant it with --allow-sys"],
  ['Requires read access to "/srv/a", run again with the --allow-read flag', "grant it with --allow-read=/srv/a"],
  [
    "Deno.symlinkSync() requires unscoped --allow-read and --allow-write permissions; path-scoped grants (e.g. --allow-write=<path>) are not supported because",
    "in a corral worker: it makes no links",
  ],
  ["getaddrinfo EPERM example.com", "grant it with --allow-net=example.com"],
  ["Failed to spawn 'corral-none': entity not found", "grant it with --allow-run=corral-none"],
  ["localStorage is not defined", "in a corral worker: it keeps nothing on disk"],
  [
    "Unstable API 'Worker.deno.permissions'. The `--unstable-worker-options` flag must be provided.",
    'set "unstable": ["worker-options"] in /srv/deno.json, which holds for workers as well',
  ],
  [
    '"bytes" is not a valid module type.',
    'set "unstable": ["raw-imports"] in /srv/deno.json, which holds for workers as well',
  ],
  [
    "Module not found \"file:///x\". Maybe add a '.ts' extension or run with --sloppy-imports",
    'for imports without an extension set "unstable": ["sloppy-imports"] in /srv/deno.json',
  ],
  [
    "npm specifiers were requested; but --no-npm is specified",
    "packages of npm come from a host as well, grant it with --allow-import=registry.npmjs.org",
  ],
  ["Could not find npm package 'thing' matching '1'.", ""],
  ["React is not defined", ""],
  ["require is not defined", 'Deno takes the file for an ES module, name it ".cjs"'],
  [
    "Import 'https://example.com/a.ts' failed: 401 Unauthorized",
    "workers are not given the DENO_AUTH_TOKENS of this command, run `deno cache /srv/tasks.ts` with it first, or hand it on with --env DENO_AUTH_TOKENS=<tokens>",
  ],
  ["error sending request for url (https://example.com/a.ts)", "if DENO_CERT, "],
];

/** Code that is not about options of the library. */
const COMMANDS = /`(?:deno (?:cache|install|bundle)\b|\/\*\*|--unstable)[^`]*`/g;
const FOR_PROGRAMS = /`.*|(?:this|the|your) program\b/;

Deno.test("inOwnWords() leaves nothing of the library's advice that is for programs", () => {
  for (const worker of CIRCUMSTANCES) {
    for (const [text] of TEXTS) {
      const words = inOwnWords(explain(text, worker));
      assertEquals(FOR_PROGRAMS.exec(words.replaceAll(COMMANDS, "…"))?.[0], undefined, words);
    }
  }
});

Deno.test("inOwnWords() names flags in the place of options", () => {
  for (const [text, advice] of TEXTS) {
    const words = inOwnWords(explain(text, WORKER));
    assertStringIncludes(words, advice === "" ? text : `; ${advice}`);
  }
  const untrusted = inOwnWords(explain('"bytes" is not a valid module type.', { ...WORKER, trust: "untrusted" }));
  assertStringIncludes(
    untrusted,
    "an untrusted module may import text and bytes with --env DENO_UNSTABLE_RAW_IMPORTS=1",
  );
});

Deno.test("corral map advises the user of a module that wants what workers do not have with flags alone", () =>
  inFolder(async (folder) => {
    const modules: [text: string, said: string][] = [
      ["localStorage.clear();", "localStorage is not defined; in a corral worker: it keeps nothing on disk, see "],
      [
        'new Deno.Command("corral-none").outputSync();',
        "Failed to spawn 'corral-none': entity not found; grant it with --allow-run=corral-none, see ",
      ],
    ];
    for (const [text, said] of modules) {
      await Deno.writeTextFile(`${folder}/job.ts`, `${text}\nexport default (n: number) => n;\n`);
      const { code, stderr } = await mapByOne(["job.ts"], { stdin: "1\n", cwd: folder });
      assertEquals(code, 255);
      assertStringIncludes(stderr, said);
    }
  }));
