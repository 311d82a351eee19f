"""The CPython side of manager_bench.ts: for each line of stdin, a child sets a key of a managed dict so many times."""
import multiprocessing
import sys


def child(shared, connection):
    while True:
        times = connection.recv()
        for n in range(times):
            shared[n % 100] = n
        connection.send(None)


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        ours, theirs = context.Pipe()
        # Without a reference here, the server forgets the dict before the child has its own.
        shared = manager.dict()
        process = context.Process(target=child, args=(shared, theirs), daemon=True)
        process.start()
        print("ready", flush=True)
        for line in sys.stdin:
            ours.send(int(line))
            ours.recv()
            print("done", flush=True)
        process.terminate()
