/** Every wait for a shared object that has a limit. */
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  JoinableQueue,
  Lock,
  Pipe,
  Queue,
  Semaphore,
  SimpleQueue,
} from "../../mod.ts";

/** What is waited for, and how the wait ends. */
export interface Waitable {
  /** The object that is waited for, and its method. */
  readonly object: unknown;
  readonly method: string;
  /** What the method gets before the limit. */
  readonly first?: unknown;
  /** Ends the wait as it should end. */
  satisfy(): unknown;
}

/** What most methods get: the limit, as an option. */
export const options = (timeoutMs: number): unknown[] => [{ timeoutMs }];

/** Each makes what `method` waits for, for ever at first. */
export const WAITS: Record<
  string,
  { args?(timeoutMs: number, first?: unknown): unknown[]; open(): Waitable | Promise<Waitable> }
> = {
  "Lock.acquire": { open: () => taken(new Lock(), "acquire") },
  "Lock.use": { args: (timeoutMs) => [null, { timeoutMs }], open: () => taken(new Lock(), "use") },
  "Semaphore.acquire": { open: () => taken(new Semaphore(1), "acquire") },
  "BoundedSemaphore.acquire": { open: () => taken(new BoundedSemaphore(1), "acquire") },
  "Condition.acquire": { open: () => taken(new Condition(new Lock()), "acquire") },
  "Condition.wait": {
    open: () => {
      const object = new Condition();
      return { object, method: "wait", satisfy: () => object.use(() => object.notifyAll()) };
    },
  },
  "Condition.waitFor": {
    args: (timeoutMs, flag) => [flag, { timeoutMs }],
    open: () => {
      const [object, flag] = [new Condition(), new Event()];
      const satisfy = async () => {
        await flag.set();
        await object.use(() => object.notifyAll());
      };
      return { object, method: "waitFor", first: flag, satisfy };
    },
  },
  "Event.wait": {
    open: () => {
      const object = new Event();
      return { object, method: "wait", satisfy: () => object.set() };
    },
  },
  "Barrier.wait": {
    open: () => {
      const object = new Barrier(2);
      return { object, method: "wait", satisfy: () => object.wait() };
    },
  },
  "Queue.get": { open: () => empty(new Queue()) },
  "JoinableQueue.get": { open: () => empty(new JoinableQueue()) },
  "SimpleQueue.get": { open: () => empty(new SimpleQueue()) },
  "Queue.put": {
    args: (timeoutMs) => ["second", { timeoutMs }],
    open: async () => {
      const object = new Queue<string>(1);
      await object.put("first");
      return { object, method: "put", satisfy: () => object.get() };
    },
  },
  "JoinableQueue.join": {
    open: async () => {
      const object = new JoinableQueue<string>();
      await object.put("work");
      return { object, method: "join", satisfy: () => object.taskDone() };
    },
  },
  "Connection.recv": { open: () => silent("recv") },
  "Connection.recvBytes": { open: () => silent("recvBytes") },
  "Connection.poll": { args: (timeoutMs) => [timeoutMs], open: () => silent("poll") },
};

/** What is held by this program, until it lets go. */
export async function taken(
  object: Lock | Semaphore | BoundedSemaphore | Condition,
  method: string,
): Promise<Waitable> {
  const guard = await object.acquire();
  return { object, method, satisfy: () => guard.release() };
}

function empty(object: Queue<string> | SimpleQueue<string>): Waitable {
  return { object, method: "get", satisfy: () => object.put("item") };
}

function silent(method: string): Waitable {
  const [reader, writer] = Pipe<string>({ duplex: false });
  const satisfy = () => method === "recvBytes" ? writer.sendBytes(new Uint8Array(1)) : writer.send("message");
  return { object: reader, method, satisfy };
}
