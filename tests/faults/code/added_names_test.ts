/** End-to-end: functions in which bundlers, compilers and coverage tools have put names that stand elsewhere. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Pool } from "../../../mod.ts";
import { inFolder } from "../../helpers/programs/corral.ts";
import { LIBRARY } from "../../helpers/programs/packages.ts";

const PROGRAM = `
  import { Pool } from ${JSON.stringify(LIBRARY)};
  // A worker loads this file as its module.
  if (import.meta.main) {
    await using pool = new Pool({ workers: 1 });
    const nested = (x) => {
      const double = (y) => 2 * y;
      function add(y) {
        class Sum { value = y; }
        return new Sum().value + 1;
      }
      return [add(double(x)), double.name, add.name];
    };
    console.log(JSON.stringify(await pool.map(nested, [1, 2])));
    const later = async function () { const inner = async () => await typeof this; return [await inner(), inner.name]; };
    console.log(JSON.stringify(await pool.apply(later)));
  }`;

async function deno(cwd: string, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  return new TextDecoder().decode(stdout);
}

const KEPT = '[[3,"double","add"],[5,"double","add"]]\n["undefined","inner"]\n';

for (const flags of [["--keep-names"], ["--minify", "--keep-names"]]) {
  Deno.test(`a program made by deno bundle ${flags.join(" ")} has its inner functions run, with their names`, () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/main.js`, PROGRAM);
      await deno(folder, ["bundle", "--quiet", ...flags, "-o", "out.js", "main.js"]);
      const run = [
        "run",
        "--quiet",
        "--no-prompt",
        `--allow-run=${Deno.execPath()}`,
        "--allow-env=DENO_DIR,HOME,XDG_CACHE_HOME",
      ];
      assertEquals(await deno(folder, [...run, "out.js"]), KEPT);
    }));
}

/** A function with the text that a tool has made of it. */
const made = (text: string): () => unknown => new Function(`return ${text}`)();

Deno.test("Pool gives a function the helper that keeps names, where a bundler has put in its usual name", async () => {
  await using pool = new Pool({ workers: 1 });
  assertEquals(
    await pool.apply(made('() => { const f = /* @__PURE__ */ __name(() => 4, "four"); return [f(), f.name]; }')),
    [4, "four"],
  );
});

Deno.test("Pool says what has put a name into a function, and what to do", async () => {
  await using pool = new Pool({ workers: 1 });
  const wayOut = "pass the name of an export of the pool's module in place of the function";
  const cases: [text: string, message: string][] = [
    [
      "() => { cov_1ab2().s[0]++; return 1; }",
      `has "cov_1ab2" in it, by which a coverage tool counts: have the tool leave the function out, or ${wayOut}`,
    ],
    [
      "() => __privateAdd({})",
      `has "__privateAdd" in it, which looks like a helper of a compiler or bundler: have it write for a newer target, or ${wayOut}`,
    ],
    ["() => _object_spread({})", 'has "_object_spread" in it'],
    [
      '()=>{let e=n(()=>4,"four");return e()}',
      `cannot see "n", which a minifier named, a variable outside itself or a helper of the bundler: bundle without --keep-names and for a newer target, pass what it needs as arguments, or ${wayOut}`,
    ],
    ["e=>t(e)", 'cannot see "t", which a minifier named'],
    ...["(x) => x * k", "(x)=>f(x)", "async (x)=>await f(x)", '()=>f("a,b;{c")'].map((text): [string, string] => [
      text,
      "cannot see variables outside itself: export it from the module, or pass what it needs as arguments",
    ]),
  ];
  for (const [text, message] of cases) {
    assertStringIncludes((await assertRejects(() => pool.apply(made(text)), ReferenceError)).message, message);
  }
});

Deno.test("Pool says that an export of the module has the function's name, where only its text differs", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/tasks.js`,
      "const factor = 2;\nexport function scale(x) { return x * factor; }\n",
    );
    await using pool = new Pool({ workers: 1, module: `${folder}/tasks.js` });
    const scale = made("function scale(x){return x*factor}") as (x: number) => unknown;
    await assertRejects(
      () => pool.apply(scale, [2]),
      ReferenceError,
      'the module\'s export of that name has another text, pass its name, "scale", in place of the function',
    );
    assertEquals(await pool.apply("scale" as never, [2] as never), 4);
  }));
