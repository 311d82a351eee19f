"""CPython's side of coordination.ts: for each line of stdin, "<row> <times>", does that in its processes, prints the seconds."""
import multiprocessing
import sys
import time


def serve(tasks, connection):
    """A child that does one of its tasks as often as it is told."""
    while True:
        try:
            name, times = connection.recv()
        except EOFError:
            return
        tasks[name](times)
        connection.send(None)


class Take:
    def __init__(self, lock):
        self.lock = lock

    def __call__(self, times):
        for _ in range(times):
            with self.lock:
                pass


class Put:
    def __init__(self, queue):
        self.queue = queue

    def __call__(self, times):
        for n in range(times):
            self.queue.put(n)


class Get:
    def __init__(self, queue):
        self.queue = queue

    def __call__(self, times):
        for _ in range(times):
            self.queue.get()


class SetKey:
    def __init__(self, shared):
        self.shared = shared

    def __call__(self, times):
        for n in range(times):
            self.shared[n % 100] = n


class Append:
    def __init__(self, shared):
        self.shared = shared

    def __call__(self, times):
        for n in range(times):
            self.shared.append(n)


class Add:
    """The fastest way to add that loses nothing: the lock is no proxy."""

    def __init__(self, shared, lock):
        self.shared = shared
        self.lock = lock

    def __call__(self, times):
        for _ in range(times):
            with self.lock:
                self.shared.value += 1


def echo(connection):
    while True:
        try:
            connection.send(connection.recv())
        except EOFError:
            return


class Children:
    def __init__(self, context, tasks):
        self.ends = []
        for own in tasks:
            ours, theirs = context.Pipe()
            context.Process(target=serve, args=(own, theirs), daemon=True).start()
            self.ends.append(ours)

    def run(self, *names, times):
        chosen = self.ends[: len(names)]
        for end, name in zip(chosen, names):
            end.send((name, times))
        for end in chosen:
            end.recv()


def main():
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        lock = context.Lock()
        queue = context.Queue()
        bounded = context.Queue(10)
        shared = {"dict": manager.dict(), "list": manager.list(), "value": manager.Value("q", 0)}
        tasks = {
            "lock": Take(lock),
            "put": Put(queue),
            "get": Get(queue),
            "put bounded": Put(bounded),
            "get bounded": Get(bounded),
            "dict": SetKey(shared["dict"]),
            "list": Append(shared["list"]),
            "value": Add(shared["value"], lock),
        }
        children = Children(context, [tasks] * 4)
        ours, theirs = context.Pipe()
        context.Process(target=echo, args=(theirs,), daemon=True).start()

        def talk(times):
            for n in range(times):
                ours.send(n)
                ours.recv()

        rows = {
            "queue": lambda times: children.run("get", "put", times=times),
            "bounded": lambda times: children.run("get bounded", "put bounded", times=times),
            "lock by 1": lambda times: children.run("lock", times=times),
            "lock by 2": lambda times: children.run("lock", "lock", times=times),
            "lock by 4": lambda times: children.run("lock", "lock", "lock", "lock", times=times),
            "pipe": talk,
            "dict": lambda times: children.run("dict", times=times),
            "list": lambda times: children.run("list", times=times),
            "value": lambda times: children.run("value", times=times),
        }
        children.run("lock", "lock", "lock", "lock", times=1)
        print("ready", flush=True)
        for line in sys.stdin:
            row, times = line.rsplit(" ", 1)
            start = time.perf_counter()
            rows[row](int(times))
            print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
