// End-to-end: no file that a run reads is written, a run that is refused leaves nothing behind, and rejects are in step with the joblog.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { corral, corralArgs, inFolder } from "../../helpers/programs/corral.ts";
import { corralInTurn, mapByOne } from "../../helpers/programs/in_turn.ts";

const IDENTITY = "(n) => n";

const names = async (folder: string) => (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();

Deno.test("corral map writes over none of its inputs, whatever else they are called", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/in.ndjson`;
    await Deno.writeTextFile(path, "1\n2\n");
    await Deno.link(path, `${folder}/hard`);
    // The tests may not make one themselves.
    await new Deno.Command("ln", { args: ["-s", path, `${folder}/soft`] }).output();
    const cases = ["in.ndjson", "hard", "soft"].flatMap((name) =>
      ["-o", "--joblog", "--rejects", "--events", "--report"].map((flag) => ({ name, flag }))
    );
    const outcomes = await corralInTurn(cases.map(({ name, flag }) => {
      const output = flag === "-o" ? [] : ["-o", `${folder}/out`];
      return ["map", "-e", IDENTITY, path, flag, `${folder}/${name}`, ...output, "--force"];
    }));
    for (const [at, { code, stderr }] of outcomes.entries()) {
      const { name, flag } = cases[at]!;
      assertEquals(code, 255, `${flag} ${name}`);
      assertStringIncludes(stderr, `Cannot write ${folder}/${name}: it is also an input, wanted another --`);
    }
    assertEquals(await Deno.readTextFile(path), "1\n2\n");
    assertEquals(await names(folder), ["hard", "in.ndjson", "soft"]);
  });
});

Deno.test("corral map writes no file as two things, also where links lead to one that is not there yet", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in`, "1\n");
    const links = ["there a", "a b", "c d", "d c"].map((pair) => pair.split(" "));
    for (const [target, name] of links) {
      await new Deno.Command("ln", { args: ["-s", target!, name!], cwd: folder }).output();
    }
    const twice = [["--report", "there"], ["--joblog", "a"], ["--events", "b"], ["--trace", "./b"]] as const;
    const map = ["map", "-e", IDENTITY, "in"];
    const outcomes = await corralInTurn([
      ...twice.map(([flag, name]) => [...map, "-o", name === "there" ? "b" : "there", flag, name]),
      // Links that lead to each other lead nowhere.
      [...map, "-o", "c"],
    ], { cwd: folder });
    const faults = twice.map(([flag, name]) => `${name}: it is wanted for --output and for ${flag}, wanted two files`);
    for (const [at, fault] of [...faults, "c"].entries()) {
      const { code, stderr } = outcomes[at]!;
      assertEquals(code, 255, stderr);
      assertStringIncludes(stderr, `corral: Cannot write ${fault}`);
    }
    await Deno.writeTextFile(`${folder}/key`, "0".repeat(64));
    const cluster = ["--cluster", "redis://127.0.0.1:1", "--secret-file", "./key", "--report", "key"];
    const refused = await corral([...map, ...cluster], { cwd: folder, allow: ["-A"] });
    assertEquals(refused.code, 255);
    assertStringIncludes(refused.stderr, "Cannot write key: it is the file of --secret-file, wanted another --report");
    assertEquals(await Deno.readTextFile(`${folder}/key`), "0".repeat(64));
    assertEquals(await names(folder), ["a", "b", "c", "d", "in", "key"]);
  });
});

Deno.test("corral map writes over neither the file that is its stdin nor the module of its function", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in`, "1\n2\n");
    await Deno.writeTextFile(`${folder}/job.ts`, `export default ${IDENTITY};\n`);
    await Deno.link(`${folder}/in`, `${folder}/hard`);
    const writing = (path: string) =>
      [["-o", path, "--force"], ["--events", path], ["--trace", path]].map((flags) => [
        "map",
        `${folder}/job.ts`,
        ...flags,
      ]);
    for (const { code, stderr } of await corralInTurn(writing(`${folder}/hard`), { redirection: `< '${folder}/in'` })) {
      assertEquals(code, 255);
      assertStringIncludes(stderr, `Cannot write ${folder}/hard: it is also the input on stdin, wanted another --`);
    }
    const overModule = writing(`${folder}/job.ts`).map((args) => [...args, `${folder}/in`]);
    for (const { code, stderr } of await corralInTurn(overModule)) {
      assertEquals(code, 255);
      assertStringIncludes(stderr, `Cannot write ${folder}/job.ts: it is the module of the function, wanted another`);
    }
    assertEquals(await Deno.readTextFile(`${folder}/in`), "1\n2\n");
    assertEquals(await Deno.readTextFile(`${folder}/job.ts`), `export default ${IDENTITY};\n`);
  });
});

const MAP = ["map", "-q", "-j", "1", "-e", IDENTITY];

/** With few permissions streams are looked at in another way, files are not: the first two cases have each of the streams. */
const casesWith = (allow: readonly string[]): number | undefined => allow.length === 0 ? 2 : undefined;

for (const allow of [[], ["-A"]]) {
  const which = allow.length === 0 ? "corral map with few permissions" : "corral map";
  Deno.test(`${which} does not write to a stdout that is a file it reads or writes`, async () => {
    await inFolder(async (folder) => {
      const [path, hard, log] = [`${folder}/in`, `${folder}/hard`, `${folder}/log`];
      await Deno.writeTextFile(path, "1\n2\n");
      await Deno.link(path, hard);
      const cases = [
        { args: [], files: `< '${path}' >> '${hard}'`, fault: "it is the file that is also the input stdin" },
        { args: ["--joblog", log], files: `< '${path}' > '${log}'`, fault: "it is also the file of --joblog" },
        { args: ["-"], files: `< '${path}' 1<> '${path}'`, fault: "it is the file that is also the input stdin" },
        { args: [hard], files: `>> '${path}'`, fault: `it is the file that is also the input ${hard}` },
      ];
      for (const { args, files, fault } of cases.slice(0, casesWith(allow))) {
        const { code, stderr } = await inShell([...MAP, ...args], files, allow);
        assertEquals(code, 255, files);
        assertStringIncludes(stderr, `Cannot write to stdout: ${fault}`);
        assertEquals(await Deno.readTextFile(path), "1\n2\n");
      }
      // What goes to a file leaves stdout alone.
      const other = await inShell(
        [...MAP, path, "-o", `${folder}/out`],
        `1<> '${path}'`,
        allow,
      );
      assertEquals([other.code, other.stderr], [0, ""]);
      assertEquals(await Deno.readTextFile(`${folder}/out`), "1\n2\n");
    });
  });
}

for (const allow of [[], ["-A"]]) {
  const which = allow.length === 0 ? "corral map with few permissions" : "corral map";
  Deno.test(`${which} writes no file by its name that is its stdout or stderr, too`, async () => {
    await inFolder(async (folder) => {
      const [path, log, out] = [`${folder}/in`, `${folder}/log`, `${folder}/out`];
      await Deno.writeTextFile(path, "1\n2\n");
      const toOut = ["-o", out];
      const cases = [
        { args: ["--rejects", log], files: `2> '${log}'`, fault: "to stderr: it is also the file of --rejects" },
        { args: toOut, files: `> '${out}'`, fault: `${out}: it is also the file that stdout is, wanted no --output` },
        {
          args: ["--events", log, ...toOut],
          files: `2> '${log}'`,
          fault: "to stderr: it is also the file of --events",
        },
        { args: toOut, files: `2> '${out}'`, fault: "to stderr: it is also the file of --output" },
        { args: ["--joblog", log, ...toOut], files: `> '${log}'`, fault: "wanted another --joblog" },
      ];
      for (const { args, files, fault } of cases.slice(0, casesWith(allow))) {
        const { code, stderr } = await inShell([...MAP, path, ...args], files, allow);
        assertEquals(code, 255, files);
        const told = files.startsWith("2") ? await Deno.readTextFile(args.includes(log) ? log : out) : stderr;
        assertStringIncludes(told, `corral: Cannot write `);
        assertStringIncludes(told, fault);
      }
    });
  });
}

/** Runs `corral` in a shell, which gives it files as its streams. */
async function inShell(args: string[], files: string, allow: string[] = []): Promise<{ code: number; stderr: string }> {
  const command = [Deno.execPath(), ...corralArgs(args, allow)];
  const quoted = command.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(" ");
  const { code, stderr } = await new Deno.Command("sh", { args: ["-c", `${quoted} ${files}`], stdout: "null" })
    .output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("corral map says before it does anything that an input is missing, and leaves nothing behind", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in`, "1\n");
    await Deno.mkdir(`${folder}/sub`);
    await Deno.writeTextFile(`${folder}/full`, "of another run\n");
    const before = await names(folder);
    const map = (inputs: string[], rejects = "bad") => [
      ...["map", "-e", IDENTITY, ...inputs, "-o", "out", "--joblog", "log", "--rejects", rejects],
      ...["--events", "events", "--report", "page.html"],
    ];
    const [missing, sub, full] = await corralInTurn([
      map(["in", "nothing"]),
      map(["in", "sub"]),
      map(["in"], "full"),
    ], { cwd: folder });
    assertEquals([missing!.code, missing!.stdout], [255, ""]);
    assertStringIncludes(missing!.stderr, "corral: Cannot open nothing: ");
    assertEquals([sub!.code, sub!.stderr], [255, "corral: Cannot read sub: it is a folder, wanted a file\n"]);
    assertEquals(full!.code, 255);
    assertStringIncludes(full!.stderr, "Cannot begin full: it is not empty");
    assertEquals(await names(folder), before);
  });
});

Deno.test("corral map --resume changes nothing when the output is not the one that was written", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in`, "1\n2\n");
    const [out, log, events] = [`${folder}/out`, `${folder}/log`, `${folder}/events`];
    const args = ["-e", IDENTITY, `${folder}/in`, "-o", out, "--joblog", log, "-q"];
    assertEquals((await mapByOne(args)).code, 0);
    await Deno.remove(out);
    const logged = await Deno.readTextFile(log);
    const { code, stderr } = await mapByOne([...args, "--resume", "--events", events]);
    assertEquals(code, 255);
    assertStringIncludes(stderr, `Cannot go on with ${out}: it has 0 bytes, of 4 that the joblog has seen`);
    assertEquals(await names(folder), ["in", "log"]);
    assertEquals(await Deno.readTextFile(log), logged);
  });
});

Deno.test("corral map begins again, unasked, what ended before its first record", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in`, "1\n2\n");
    const files = [`${folder}/in`, "-o", `${folder}/out`, "--joblog", `${folder}/log`];
    const broken = await mapByOne(["-e", "(n) => n +", ...files]);
    assertEquals(broken.code, 255);
    for (const flags of [[], ["--resume"]]) {
      await Deno.remove(`${folder}/out`);
      await Deno.writeTextFile(`${folder}/log`, (await Deno.readTextFile(`${folder}/log`)).split("\n")[0] + "\n");
      const { code, stderr } = await mapByOne(["-e", IDENTITY, ...files, ...flags, "-q"]);
      assertEquals([code, stderr], [0, ""]);
      assertEquals(await Deno.readTextFile(`${folder}/out`), "1\n2\n");
    }
  });
});

const ODD_FAILS = "(n) => { if (n % LIMIT === 1) throw new Error('odd'); return n; }";

/** The numbers of the records in a file of rejects, or those that a joblog has as failed. */
async function sequences(path: string, isWanted: (line: { outcome?: string }) => boolean = () => true) {
  const lines = (await Deno.readTextFile(path)).split("\n").filter((line) => line !== "");
  const found = new Map<number, boolean>();
  for (const line of lines.map((line) => JSON.parse(line))) {
    if (line.sequence !== undefined) found.set(line.sequence, isWanted(line));
  }
  return { count: lines.length, found: [...found].filter(([, wanted]) => wanted).map(([sequence]) => sequence).sort() };
}

Deno.test("corral map --rejects has what failed last, once, however often a run goes on and whatever ended it", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in`, Array.from({ length: 9 }, (_, at) => `${at + 1}\n`).join(""));
    const [out, log, bad] = [`${folder}/out`, `${folder}/log`, `${folder}/bad`];
    const run = (limit: string, ...flags: string[]) => {
      const files = [`${folder}/in`, "-o", out, "--joblog", log, "--rejects", bad, "-q"];
      return mapByOne(["-e", ODD_FAILS.replace("LIMIT", limit), ...files, ...flags]);
    };
    assertEquals((await run("2")).code, 5);
    assertEquals((await sequences(bad)).found, [1, 3, 5, 7, 9]);

    // As a kill -9 leaves it: rejects and results are written, but the last records are not logged, and a line is not whole.
    const lines = (await Deno.readTextFile(log)).split("\n");
    await Deno.writeTextFile(log, lines.slice(0, 6).join("\n") + "\n" + lines[6]!.slice(0, 20));
    await Deno.writeTextFile(bad, '{"sequence":9,"in', { append: true });
    assertEquals((await run("2", "--resume")).code, 5);
    assertEquals(await sequences(bad), { count: 5, found: [1, 3, 5, 7, 9] });

    // What is run again and succeeds is no reject any more; what fails again is one once.
    assertEquals((await run("4", "--resume-failed", "--force")).code, 3);
    const failed = await sequences(log, ({ outcome }) => outcome === "error");
    assertEquals(failed.found, [1, 5, 9]);
    assertEquals(await sequences(bad), { count: 3, found: [1, 5, 9] });
    assertEquals((await run("99", "--resume-failed", "--force")).code, 1);
    assertEquals(await sequences(bad), { count: 1, found: [1] });
    assertEquals(await names(folder), ["bad", "in", "log", "out"]);
  });
});

Deno.test("corral map --resume takes no rejects for its own that another run wrote", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in`, "1\n2\n3\n");
    await Deno.writeTextFile(`${folder}/other`, '{"sequence":2}\n');
    const source = ODD_FAILS.replace("LIMIT", "2");
    const run = ["map", "-j", "1", "-e", source, "in", "-o", "out", "--joblog", "log", "-q", "--rejects"];
    const [first, refused, ...again] = await corralInTurn([
      [...run, "bad"],
      [...run, "other", "--resume"],
      [...run, "empty", "--resume-failed"],
      [...run, "empty", "--resume-failed"],
    ], { cwd: folder });
    assertEquals(first!.code, 2);
    assertEquals(refused!.code, 255);
    assertStringIncludes(refused!.stderr, "Cannot begin other: it is not empty, wanted the name that log has");
    assertEquals(await Deno.readTextFile(`${folder}/other`), '{"sequence":2}\n');
    assertEquals(again.map(({ code }) => code), [2, 2]);
    assertEquals((await sequences(`${folder}/empty`)).count, 2);
  });
});
