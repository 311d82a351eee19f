// @ts-ignore: not a dependency of the project, but of bench/peers/package.json
import { ThreadWorker } from "poolifier-web-worker";
import * as tasks from "./tasks.mjs";

export default new ThreadWorker({ ...tasks });
