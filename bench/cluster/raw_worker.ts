// deno-lint-ignore-file no-console
/** A BullMQ worker without corral: answers each job at once. Arguments: the address of Redis, the queue, how many jobs at once. */
import { Worker } from "npm:bullmq@6.7.0";
import { Redis } from "npm:ioredis@5.11.1";

const [url, queue, concurrency] = Deno.args;
const connection = new Redis(url!, { maxRetriesPerRequest: null });
const worker = new Worker(queue!, (job) => Promise.resolve(job.data), {
  connection: connection as never,
  concurrency: Number(concurrency),
});
await worker.waitUntilReady();
console.log("serves");
