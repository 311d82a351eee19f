/** The least that a command with two workers does: it starts two Denos with the text of a worker, hears of both, and ends them. */
import { CORE, TwoDenos } from "./floors.ts";

await (await TwoDenos.start(CORE)).end();
