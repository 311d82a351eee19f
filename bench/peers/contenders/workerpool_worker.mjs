// @ts-ignore: not a dependency of the project, but of bench/peers/package.json
import workerpool from "workerpool";
import * as tasks from "./tasks.mjs";

workerpool.worker({ ...tasks });
