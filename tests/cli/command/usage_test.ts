// End-to-end, and unit: the command line of `corral`.
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { MAP_FLAGS } from "../../../cli/options/map_flags.ts";
import { parseFlags } from "../../../cli/options/parse_flags.ts";
import { readMapOptions } from "../../../cli/options/read_options.ts";
import { UsageError } from "../../../cli/errors/usage_error.ts";
import { VERSION } from "../../../src/wire/version.ts";
import { HELP_TOPICS } from "../../../cli/command/help_topics.ts";
import { topicsOf } from "../../../scripts/build_help.ts";
import { corral } from "../../helpers/programs/corral.ts";

const PAGE = new URL("../../../docs/command.md", import.meta.url);

const options = (...args: string[]) => readMapOptions(parseFlags(["-e", "(r) => r", ...args], MAP_FLAGS));

Deno.test("corral says how it is used, and which version it is", async () => {
  const help = await corral(["--help"]);
  assertEquals([help.code, help.stderr], [0, ""]);
  for (const command of ["map", "report", "completion"]) assertStringIncludes(help.stdout, command);
  const map = await corral(["map", "--help"]);
  assertEquals([map.code, map.stderr], [0, ""]);
  for (const { long } of MAP_FLAGS) {
    if (!/^(allow|deny)-/.test(long)) assertStringIncludes(map.stdout, `--${long}`);
  }
  assert(map.stdout.split("\n").every((line) => line.length <= 100));
  assertStringIncludes(map.stdout, "can come twice");
  const exit = await corral(["help", "exit"]);
  assertEquals([exit.code, exit.stdout.startsWith("Exit codes\n\n| code")], [0, true]);
  const none = await corral(["help", "nothing"]);
  assertEquals(none.code, 255);
  assertStringIncludes(none.stderr, "there is no such topic, wanted one of install, function, formats, tables,");
  assertEquals(topicsOf(await Deno.readTextFile(PAGE)), HELP_TOPICS);
  assertEquals((await corral(["--version"])).stdout, `corral ${VERSION}\n`);
  assertStringIncludes((await corral(["completion", "bash"])).stdout, "--resume-failed");
});

Deno.test("corral exits with 255 and names the right thing when it was called wrongly", async () => {
  const flag = await corral(["map", "--timout", "3s", "job.ts"]);
  assertEquals([flag.code, flag.stdout], [255, ""]);
  assertEquals(flag.stderr, "corral: Cannot read --timout: there is no such flag, did you mean --timeout?\n");
  const net = await corral(["map", "--alow-net=example.com", "job.ts"]);
  assertEquals(net.stderr, "corral: Cannot read --alow-net: there is no such flag, did you mean --allow-net?\n");
  const other = await corral(["map", "--chunk-size=5", "job.ts"]);
  assertEquals(other.stderr, "corral: Cannot read --chunk-size: there is no such flag, did you mean --chunk?\n");
  const far = await corral(["report", "--no-quiet"]);
  assertEquals(far.stderr, "corral: Cannot read --no-quiet: there is no such flag, see corral report --help\n");
  const command = await corral(["mpa"]);
  assertEquals([command.code, command.stderr], [
    255,
    'corral: Cannot run "mpa": there is no such command, did you mean map?\n',
  ]);
  const none = await corral([]);
  assertEquals(none.code, 255);
  assertStringIncludes(none.stderr, "wanted map, agent, report or completion");
});

/** What a time limit of a flag is read as, in milliseconds. */
const TIME_LIMITS: Readonly<Record<string, (limit: string) => number | undefined>> = {
  timeout: (limit) => {
    const { timeout } = options("--timeout", limit);
    return timeout?.kind === "fixed" ? timeout.ms : undefined;
  },
  "time-budget": (limit) => options("--time-budget", limit).timeBudgetMs,
};

Deno.test("readMapOptions() takes every time limit at any length, and refuses what is not a time", () => {
  const limits = MAP_FLAGS.filter(({ value }) => value?.name.startsWith("TIME")).map(({ long }) => long);
  assertEquals(limits, Object.keys(TIME_LIMITS));
  for (const [flag, read] of Object.entries(TIME_LIMITS)) {
    for (const ms of [0.001, 0.5, 1, 2 ** 31, 3e9]) assertEquals(read(`${ms}ms`), ms);
    assertEquals(read(`${"9".repeat(400)}h`), Infinity);
    for (
      const text of [
        "0",
        "0s",
        "0ms",
        "-0",
        "Infinity",
        "NaN",
        "-1s",
        "3000000000",
        "0.001",
        "1e-9ms",
        "1e3",
        " 5s",
        "5 s",
        "١s",
      ]
    ) {
      assertThrows(() => read(text), UsageError, `Cannot use "${text}" as --${flag}: a time like`);
    }
  }
});

Deno.test("readMapOptions() refuses with --cluster what only agents can decide, and each time says why", () => {
  const cluster = ["--cluster", "redis://10.0.0.5:6379", "--secret-file", "k"];
  for (
    const [flags, wanted] of [
      [
        ["--allow-net=example.com"],
        "Cannot use --allow-net with --cluster: what workers may do is decided where they run",
      ],
      [["--deny-read"], "Cannot use --deny-read with --cluster: what workers may do is decided where they run"],
      [["-P", "job"], "Cannot use --permission-set with --cluster: what workers may do is decided where they run"],
      [["--env", "A=b"], "the variables of workers are decided where they run, give it to corral agent"],
      [["--memory-limit", "1G"], "the memory of workers is decided where they run"],
      [["-j", "3"], "the number of workers is decided where they run"],
      [["--untrusted"], "agents load the module as they have it"],
      [["--max-tasks", "3"], "the workers of agents outlive runs"],
      [["--load", "3"], "it looks at this machine"],
      [["--memfree", "1G"], "it looks at this machine"],
      [["--cache"], "agents have a cache of their own"],
    ] as const
  ) assertThrows(() => options(...cluster, ...flags), UsageError, wanted);
  assertThrows(() => options("--cluster", "10.0.0.5:6379"), UsageError, "redis://HOST:6379 is wanted");
  assertThrows(() => options("--cluster", "redis://h:1"), UsageError, "wanted --secret-file FILE");
  assertThrows(() => options("--group", "x"), UsageError, "Cannot use --group: it belongs to --cluster");
  assertEquals(options(...cluster, "--group", "x", "--no-aof-check").cluster, {
    server: "redis://10.0.0.5:6379",
    secretFile: "k",
    group: "x",
    codeVersion: undefined,
    caFile: undefined,
    aofCheck: false,
  });
  assertEquals(options().cluster, undefined);
});

Deno.test("readMapOptions() keeps passwords out of what is told of a run", () => {
  const args = [
    "--cluster",
    "redis://me:secret@h:1",
    "--cluster=rediss://:secret@h:1",
    "--env",
    "A=b",
    "--env=C=d",
    "x",
  ];
  const flags = parseFlags(["-e", "(r) => r", "--cluster", "redis://h:1", "--secret-file", "k"], MAP_FLAGS);
  const told = ["--cluster", "redis://…@h:1", "--cluster=rediss://…@h:1", "--env", "A=…", "--env=C=…", "x"];
  assertEquals(readMapOptions(flags, args).args, told);
});

Deno.test("corral loads nothing of @corral/cluster, BullMQ or ioredis for those who stay on one machine", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL("../../../cli/main.ts", import.meta.url).href],
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  const names: string[] = modules.map(({ specifier }: { specifier: string }) => specifier);
  assert(names.some((name) => name.endsWith("/cli/cluster/load_cluster.ts")), "the graph is not that of the command");
  assertEquals(names.filter((name) => /bullmq|ioredis|\/cluster\/(src|mod|host|agent)/.test(name)), []);
});

Deno.test("readMapOptions() fills in the defaults", () => {
  const { input, output, jobs, chunk, permissions, retries, resume, bar, unordered } = options();
  assertEquals([input, output, chunk, permissions, retries, resume, bar, unordered], [
    "ndjson",
    "ndjson",
    "auto",
    "none",
    0,
    "no",
    "auto",
    false,
  ]);
  assertEquals(jobs, navigator.hardwareConcurrency);
});

Deno.test("readMapOptions() takes the format from the names of files, and asks where they differ", () => {
  const names = ["a.csv", "a.CSV", "a.tsv", "a.tab", "a.json", "a.jsonl", "a.txt", "a.csv.gz", "a"];
  const formats = ["csv", "csv", "tsv", "tsv", "json", "ndjson", "ndjson", "csv", "ndjson"];
  assertEquals(names.map((name) => options(name).input), formats);
  assertEquals([options("a.csv", "b.CSV").input, options("a.csv", "--in", "ndjson").input], ["csv", "ndjson"]);
  assertThrows(
    () => options("a.csv", "b.tsv"),
    UsageError,
    "by their names the files are csv and tsv, wanted --in FORMAT",
  );
});

Deno.test("readMapOptions() reads values in every form that a flag may have", () => {
  assertEquals(options("-j4").jobs, 4);
  assertEquals(options("-j=4").jobs, 4);
  assertEquals(options("--jobs", "200%").jobs, navigator.hardwareConcurrency * 2);
  assertEquals(options("--timeout=1.5s").timeout, { kind: "fixed", ms: 1500 });
  assertEquals(options("--timeout", "200%").timeout, { kind: "relative", percent: 200 });
  assertEquals(options("--allow-net", "--allow-read=a,b", "--allow-read=c", "--deny-env").permissions, {
    read: ["a", "b", "c"],
    net: true,
  });
  assertEquals(options("--deny-env", "--deny-net=x").deny, { net: ["x"], env: true });
  assertEquals(options("--bar", "in.ndjson").files, ["in.ndjson"]);
  assertEquals(options("--bar", "in.ndjson").bar, "line");
  assertEquals(options("--bar=full").bar, "full");
  assertEquals(options("--halt", "now,fail=1").halt, { when: "now", what: "fail", limit: { kind: "count", count: 1 } });
  assertEquals(options("--halt=soon,done=50%").halt, {
    when: "soon",
    what: "done",
    limit: { kind: "percent", percent: 50 },
  });
  assertEquals(options("--memory-limit", "256M").memoryLimitMiB, 256);
  assertEquals(options("--max-record", "64K").maxRecordBytes, 65536);
  assertEquals(options("--env", "A=1", "--env", "B==").env, { A: "1", B: "=" });
  assertEquals([...options("--retry-on", "crash,error").retryOn], ["crash", "error"]);
  assertEquals(options("--", "--bar", "12").files, ["--bar", "12"]);
  assertEquals(options("-o", "-").outputFile, undefined);
  assertEquals(options("-o", "-1").outputFile, "-1");
  assertEquals(options("-o=--resume").outputFile, "--resume");
  assertEquals(options("--max-tasks", "10", "--chunk", "50").chunk, 10);
});

Deno.test("readMapOptions() refuses values that mean nothing, and says what is wanted", () => {
  for (
    const [args, message] of [
      [["-j", "0"], 'Cannot use "0" as --jobs: a whole number from 1 to 65536 is wanted'],
      [["-j", "70000"], 'Cannot use "70000" as --jobs: a whole number from 1 to 65536 is wanted'],
      [
        ["--cluster", "redis://h", "--secret-file", "k", "--code-version", "a/b"],
        'Cannot use "a/b" as --code-version: 1 to 64 letters',
      ],
      [["--in", "yaml"], 'Cannot use "yaml" as --in: one of ndjson, json, lines, nul, csv, tsv is wanted'],
      [["--timeout", "30"], 'Cannot use "30" as --timeout: a time like 500ms'],
      [["--timeout"], "Cannot read --timeout: it has no value, wanted --timeout=TIME|N%"],
      [
        ["-o", "--resume"],
        "Cannot read --output: it has no value, --resume is a flag; --output=--resume says that it is meant",
      ],
      [
        ["--allow-read="],
        "Cannot read --allow-read=: its value is empty, wanted --allow-read=PATHS, or --allow-read alone",
      ],
      [["--deny-net="], "Cannot read --deny-net=: its value is empty, wanted --deny-net=HOSTS"],
      [["--dashboard="], "Cannot read --dashboard=: its value is empty"],
      [
        ["--in", "csv", "--delimiter", ";", "--comments", ";;"],
        'Cannot use ";;" as --comments: rows begin so, too, where their first field is empty',
      ],
      [
        ["--in", "csv", "--comments", '"'],
        'Cannot use "\\"" as --comments: rows begin so, too, where their first field is quoted',
      ],
      [["-A"], "Cannot use -A: workers are granted things by their kind"],
      [["--allow-all"], "Cannot use --allow-all: workers are granted things by their kind"],
      [["--joblog", "-k"], "Cannot read --joblog: it has no value, -k is a flag"],
      [["--rejects", "--in=csv"], "Cannot read --rejects: it has no value, --in is a flag; --rejects=--in=csv says"],
      [["--joblog", "-"], 'Cannot write "-" as --joblog: a file is wanted, ./- for one that is called so'],
      [["--rejects", "-"], 'Cannot write "-" as --rejects'],
      [["--events=-"], 'Cannot write "-" as --events'],
      [["--trace", "-"], 'Cannot write "-" as --trace'],
      [["--report", "-"], 'Cannot write "-" as --report'],
      [["--halt", "fail=1"], 'Cannot use "fail=1" as --halt'],
      [["--retry-on", "crash,fun"], 'Cannot use "fun" as --retry-on'],
      [["--memory-limit", "much"], 'Cannot use "much" as --memory-limit: a size like'],
      [["--memory-limit", "1M"], 'Cannot use "1M" as --memory-limit: at least 16M is wanted'],
      [["--bar=wide"], 'Cannot use "wide" as --bar'],
      [["--resume"], "Cannot resume: there is no joblog"],
      [["--force"], "Cannot force: nothing is resumed"],
      [["-", "-"], "Cannot read stdin twice"],
      [["-o", "x", "x"], "Cannot write x: it is also an input"],
      [["-x"], "Cannot read -x: there is no such flag"],
      [["--no-quiet=1"], "Cannot read --no-quiet=1: it is a switch and takes no value"],
      [["--resume=1"], "Cannot read --resume=1: it is a switch and takes no value"],
      [["--no-header=1"], "Cannot read --no-header=1: it is a switch and takes no value"],
      [["--constructor"], "Cannot read --constructor: there is no such flag"],
      [["--env", "CORRAL_TEST_UNSET_VARIABLE"], 'Cannot pass on variable "CORRAL_TEST_UNSET_VARIABLE"'],
    ] as const
  ) {
    assertThrows(() => options(...args), UsageError, message);
  }
  assertThrows(() => readMapOptions(parseFlags([], MAP_FLAGS)), UsageError, "Cannot run: there is no function");
});
