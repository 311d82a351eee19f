/** The least that a command with two workers does: it starts two Denos with the text of a worker, hears of both, and ends them. */
import { CHILD_SCRIPTS } from "../../src/worker/child_source.ts";
import { TwoDenos } from "./floors.ts";

await (await TwoDenos.start(CHILD_SCRIPTS[0]!)).end();
