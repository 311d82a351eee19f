"""The CPython side of queue_bench.ts: for each line of stdin, "<what> <items>", moves items between two processes."""
import multiprocessing
import sys


def write(queue, commands):
    while True:
        for n in range(commands.recv()):
            queue.put(n)


def read(queue, commands):
    while True:
        for _ in range(commands.recv()):
            queue.get()
        commands.send(None)


def echo(connection):
    while True:
        connection.send(connection.recv())


def pair(context, queue):
    """A writer and a reader, which move as many items as they are told."""
    ends = []
    for target in (write, read):
        ours, theirs = context.Pipe()
        context.Process(target=target, args=(queue, theirs), daemon=True).start()
        ends.append(ours)
    writer, reader = ends

    # It keeps the queue: without a reference here, that is gone before the children have their own.
    def move(items, _queue=queue):
        reader.send(items)
        writer.send(items)
        reader.recv()

    return move


def conversation(context):
    ours, theirs = context.Pipe()
    context.Process(target=echo, args=(theirs,), daemon=True).start()

    def talk(messages):
        for n in range(messages):
            ours.send(n)
            ours.recv()

    return talk


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        moves = {
            "queue": pair(context, context.Queue()),
            "bounded": pair(context, context.Queue(10)),
            "manager": pair(context, manager.Queue()),
            "pipe": conversation(context),
        }
        for move in moves.values():
            move(10)
        print("ready", flush=True)
        for line in sys.stdin:
            what, items = line.split()
            moves[what](int(items))
            print("done", flush=True)
