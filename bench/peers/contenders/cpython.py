"""CPython's pools. Arguments: "pool" or "executor", the start method or "default", rows and their parameters as JSON.

Follows the protocol of main.mjs: one line of JSON with the samples of each row on stdout.
"""

import functools
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, wait

WORKERS = 2


def noop(_=None):
    pass


def increment(number):
    return number + 1


def length_of(value):
    return len(value)


def echo(value):
    return value


def id_of(record):
    return record["id"]


def spin(duration_ms):
    until = time.perf_counter() + duration_ms / 1000
    while time.perf_counter() < until:
        pass


def hold(duration_ms):
    time.sleep(duration_ms / 1000)


def die_at_tenth(number):
    if number % 10 == 9:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def count_primes(limit):
    count = 0
    for number in range(2, limit):
        divisor = 2
        while divisor * divisor <= number and number % divisor != 0:
            divisor += 1
        if divisor * divisor > number:
            count += 1
    return count


def identity(_=None):
    time.sleep(0.005)
    return os.getpid()


def meet(_=None):
    _barrier.wait()
    return os.getpid()


def keep_barrier(barrier):
    global _barrier
    _barrier = barrier


def records_of(count):
    """Read as lines of a file: see records.mjs."""
    orders = (
        {
            "id": id,
            "name": f"customer {id}",
            "tags": ["retail", "returning", "newsletter"],
            "address": {"street": "x" * 200, "city": "Utrecht", "at": {"latitude": 52.0907, "longitude": 5.1214}},
            "lines": [{"line": line, "amount": id * 7 + line, "price": 19.5} for line in range(5)],
            "active": True,
            "notes": "z" * 400,
        }
        for id in range(count)
    )
    return [json.loads(json.dumps(order)) for order in orders]


class PoolContender:
    """multiprocessing.Pool"""

    def __init__(self, context, barrier=None):
        initializer = {} if barrier is None else {"initializer": keep_barrier, "initargs": (barrier,)}
        self.pool = context.Pool(WORKERS, **initializer)

    def call(self, function, argument):
        return self.pool.apply(function, (argument,))

    def submit(self, function, argument):
        return self.pool.apply_async(function, (argument,))

    def map(self, function, items, chunk_size=None):
        return self.pool.map(function, items, chunk_size)

    def burst(self, count):
        result = self.pool.map_async(noop, range(count), 1)
        return result.get

    def imap(self, function, items, chunk_size):
        return self.pool.imap(function, items, chunk_size)

    def close(self):
        self.pool.terminate()


class ExecutorContender:
    """concurrent.futures.ProcessPoolExecutor"""

    def __init__(self, context, barrier=None):
        initializer = {} if barrier is None else {"initializer": keep_barrier, "initargs": (barrier,)}
        self.executor = ProcessPoolExecutor(WORKERS, mp_context=context, **initializer)

    def call(self, function, argument):
        return self.executor.submit(function, argument).result()

    def submit(self, function, argument):
        future = self.executor.submit(function, argument)
        future.get = future.result
        return future

    def map(self, function, items, chunk_size=1):
        return list(self.executor.map(function, items, chunksize=chunk_size))

    def burst(self, count):
        results = self.executor.map(noop, range(count))
        return lambda: list(results)

    def close(self):
        self.executor.shutdown(wait=False, cancel_futures=True)


def durations(repeats, work):
    samples = []
    for _ in range(repeats):
        started_at = time.perf_counter()
        work()
        samples.append((time.perf_counter() - started_at) * 1000)
    return {"samples": samples}


def do_for(ms, work):
    """Does the work for a while, and once at least."""
    until = time.perf_counter() + ms / 1000
    work()
    while time.perf_counter() < until:
        work()


def warm_durations(p, work):
    do_for(p.get("warmMs", 0), work)
    return durations(p["repeats"], work)


def warm_pool(open):
    pool = open()
    pool.map(noop, range(200), 1)
    return pool


def burst(open, p):
    pool = warm_pool(open)
    return warm_durations(p, lambda: pool.burst(p["count"])())


def burst_first(open, p):
    pool = warm_pool(open)
    return durations(1, lambda: pool.burst(p["count"])())


def burst_around(function):
    def row(open, p):
        pool = warm_pool(open)
        samples = []
        do_for(p.get("warmMs", 0), lambda: pool.burst(p["count"])())
        for _ in range(p["repeats"]):
            started_at = time.perf_counter()
            before = pool.burst(p["count"] // 2)
            long = pool.submit(function, p["size"])
            after = pool.burst(p["count"] // 2)
            before()
            after()
            samples.append((time.perf_counter() - started_at) * 1000)
            long.get()
        return {"samples": samples}

    return row


def latency(open, p):
    pool = warm_pool(open)
    samples = []
    for n in range(-p["count"], p["count"]):
        started_at = time.perf_counter()
        pool.call(increment, n)
        if n >= 0:
            samples.append((time.perf_counter() - started_at) * 1e6)
    return {"samples": samples}


def map_numbers(open, p):
    pool = warm_pool(open)
    numbers = list(range(p["count"]))

    def work():
        assert pool.map(increment, numbers)[-1] == p["count"]

    return warm_durations(p, work)


def pass_bytes(open, p):
    pool = warm_pool(open)
    payload = bytes([7]) * p["size"]

    def work():
        assert pool.call(length_of, payload) == p["size"]

    return warm_durations(p, work)


def pass_records(function, id_of_result, way="map"):
    def row(open, p):
        pool = warm_pool(open)
        records = records_of(p["count"])

        def work():
            results = list(getattr(pool, way)(function, records, p["size"]))
            assert len(results) == p["count"] and id_of_result(results[-1]) == p["count"] - 1

        return warm_durations(p, work)

    return row


def cpu(open, p):
    pool = warm_pool(open)
    # An interpreter needs less of the same work to be busy as long.
    limit = p["size"] // 8
    samples = []
    for _ in range(p["repeats"]):
        started_at = time.perf_counter()
        for _ in range(p["count"]):
            count_primes(limit)
        alone_at = time.perf_counter()
        pool.map(count_primes, [limit] * p["count"], 1)
        samples.append((alone_at - started_at) / (time.perf_counter() - alone_at))
    return {"samples": samples}


def start(open, p, context):
    samples = []
    for n in range(-1, p["repeats"]):
        started_at = time.perf_counter()
        pool = open(context.Barrier(WORKERS))
        for result in [pool.submit(meet, None) for _ in range(WORKERS)]:
            result.get()
        if n >= 0:
            samples.append((time.perf_counter() - started_at) * 1000)
        pool.close()
    return {"samples": samples}


def resident_mib(pids):
    sizes = subprocess.run(["ps", "-o", "rss=", "-p", ",".join(map(str, pids))], capture_output=True, check=True).stdout
    return [int(size) / 1024 for size in sizes.split()]


def memory(open, p, context):
    pool = open(context.Barrier(WORKERS))
    pids = [result.get() for result in [pool.submit(meet, None) for _ in range(WORKERS)]]
    time.sleep(p["size"] / 1000)
    return {"samples": resident_mib(pids)}


def stream(open, p):
    if not hasattr(open(), "imap"):
        return {"samples": [], "outcome": "no imap"}
    pool = warm_pool(open)
    pids = [os.getpid(), *(process.pid for process in multiprocessing.active_children())]
    before = sum(resident_mib(pids))
    peak, next_at = before, 0
    for number in pool.imap(increment, (n for n in range(p["count"])), p["size"]):
        if time.perf_counter() > next_at:
            peak = max(peak, sum(resident_mib(pids)))
            next_at = time.perf_counter() + 0.2
    assert number == p["count"]
    return {"samples": [max(peak, sum(resident_mib(pids))) - before]}


def recovery(open, p, context):
    samples = []
    for _ in range(p["repeats"]):
        recovered = recover(open, p["limitMs"] / 1000, context)
        if isinstance(recovered, str):
            return {"samples": samples, "outcome": recovered}
        samples.append(recovered)
    return {"samples": samples}


def recover(open, limit, context):
    pool = open(context.Barrier(WORKERS))
    pids = {result.get() for result in [pool.submit(meet, None) for _ in range(WORKERS)]}
    victim_call = pool.submit(hold, 4000 * limit)
    free = pool.call(identity, None)
    time.sleep(0.05)
    (victim,) = pids - {free}
    started_at = time.perf_counter()
    os.kill(victim, signal.SIGKILL)
    try:
        victim_call.get(limit)
    except (TimeoutError, multiprocessing.TimeoutError):
        return "hangs"
    except Exception:
        pass
    answered = set()
    while len(answered) < WORKERS:
        try:
            answered |= {result.get(limit) for result in [pool.submit(identity, None) for _ in range(WORKERS)]}
        except (TimeoutError, multiprocessing.TimeoutError):
            return "hangs"
        except Exception:
            return "breaks"
    return (time.perf_counter() - started_at) * 1000


def losses(open, p):
    pool = open()
    deadline = time.perf_counter() + p["limitMs"] / 1000
    done = failed = killed = 0
    calls = []
    for n in range(p["count"]):
        try:
            calls.append((n, pool.submit(die_at_tenth, n)))
        except Exception:
            calls.append((n, None))
    for n, call in calls:
        try:
            if call is None:
                raise RuntimeError("it was not taken")
            done += call.get(max(0, deadline - time.perf_counter())) == n
        except (TimeoutError, multiprocessing.TimeoutError):
            pass
        except Exception:
            if n % 10 == 9:
                killed += 1
            else:
                failed += 1
    killers = p["count"] // 10
    hang = p["count"] - done - failed - killed
    outcome = f"{done} of {p['count'] - killers} others done, {failed} failed, {hang} calls never settle"
    return {"samples": [], "outcome": outcome}


ROWS = {
    "burst": burst,
    "burst-first": burst_first,
    "burst-spin": burst_around(spin),
    "burst-hold": burst_around(hold),
    "latency": latency,
    "map": map_numbers,
    "bytes": pass_bytes,
    "records": pass_records(echo, id_of),
    "records-in": pass_records(id_of, lambda id: id),
    "records-imap": pass_records(echo, id_of, "imap"),
    "cpu": cpu,
    "start": start,
    "memory": memory,
    "stream": stream,
    "recovery": recovery,
    "losses": losses,
}


def main():
    kind, method, work = sys.argv[1:]
    *earlier, (row, parameters) = json.loads(work)
    for one in earlier:
        # In a process of its own: threads of one pool and forks for the next do not mix.
        pid = os.fork()
        if pid == 0:
            run(kind, method, *one)
        if os.waitpid(pid, 0)[1] != 0:
            sys.exit(1)
    run(kind, method, row, parameters)


def run(kind, method, row, parameters):
    """Prints the line of a row, and ends this process."""
    context = multiprocessing.get_context(None if method == "default" else method)
    contender = PoolContender if kind == "pool" else ExecutorContender
    function = ROWS[row]
    if row in ("start", "memory", "recovery"):
        function = functools.partial(function, context=context)
    measured = function(functools.partial(contender, context), parameters)
    print(json.dumps(measured), flush=True)
    for child in multiprocessing.active_children():
        child.kill()
    os._exit(0)


if __name__ == "__main__":
    main()
