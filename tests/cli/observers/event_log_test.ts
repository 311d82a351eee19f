// Unit tests of the event file.
import { assertEquals, assertRejects } from "@std/assert";
import { createEventLog } from "../../../cli/observers/event_log.ts";
import { readEvents } from "../../../cli/observers/report/read_events.ts";
import type { RunEvent } from "../../../cli/records/run_events.ts";
import { type CorralOutcome, inFolder } from "../../helpers/programs/corral.ts";
import { corralInTurn } from "../../helpers/programs/in_turn.ts";
import { plainRun, STARTED_AT } from "../../helpers/programs/run_events.ts";

Deno.test("createEventLog() writes events one on a line, in order, but for counts", () =>
  inFolder(async (folder) => {
    const path = `${folder}/run.ndjson`;
    const log = await createEventLog(path);
    const events = plainRun(1000);
    const counts: RunEvent = { type: "count", at: STARTED_AT, done: 1, failed: 0 };
    // Nobody waits in between: the order must not depend on it.
    await Promise.all(events.map((event) => log.receive([counts, event])));
    await log.close();
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    assertEquals(lines.map((line) => JSON.parse(line)), events);
    assertEquals(await Array.fromAsync(readEvents(path)), events);
  }));

Deno.test("createEventLog() has written what it was given when receive() has ended", () =>
  inFolder(async (folder) => {
    const path = `${folder}/run.ndjson`;
    const log = await createEventLog(path);
    await log.receive(plainRun(1));
    assertEquals((await Deno.readTextFile(path)).split("\n").length, plainRun(1).length + 1);
    await log.close();
  }));

Deno.test("createEventLog() says at once that it cannot write", () =>
  inFolder(async (folder) => {
    await assertRejects(() => createEventLog(`${folder}/none/run.ndjson`), Error, "Cannot write");
  }));

Deno.test("corral map leaves the events and the trace of an earlier run when it is refused for another file", () =>
  inFolder(async (folder) => {
    const [events, trace] = [`${folder}/events`, `${folder}/trace`];
    for (const path of [events, trace]) await Deno.writeTextFile(path, "earlier");
    const args = ["map", "-e", "(n) => n", "--events", events, "--trace", trace, "--report", `${folder}/none/report`];
    const [{ code, stderr }] = await corralInTurn([args]) as [CorralOutcome];
    assertEquals(code, 255, stderr);
    assertEquals([await Deno.readTextFile(events), await Deno.readTextFile(trace)], ["earlier", "earlier"]);
  }));
