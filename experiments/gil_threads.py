"""What the experiment gil runs in CPython: one way of working, again and again, a line a run.

    python -c THIS HOW LOAD CORES COUNT SIZE

HOW: one, threads or processes, which share COUNT pieces of work; or io: a thread reads COUNT messages,
beside another that computes. LOAD, what computes: held or released (the interpreter's lock, by a call of
C), bytecode, or none. SIZE: darts of a call, or turns of the loop in bytecode. For each line on stdin it
works once and answers a line of JSON: {"answer": number, "metrics": {...}}. The metrics of the second run
hold its trace: spans of who held the lock when, and of messages that waited.
"""

import json
import os
import statistics
import sys
import threading
import time
import traceback
from ctypes import byref, c_uint64
from functools import partial

from parlab.library import HOLDING, RELEASING, Backend, check

HOW, LOAD, CORES, COUNT, SIZE = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
LOCKED = getattr(sys, "_is_gil_enabled", lambda: True)()  # False in a free-threaded Python
WORKERS = 1 if HOW == "one" else 2
MOST_SPANS = 40  # of a trace, all workers together: what a picture can show
HOLDS, FREE, WAITS = 1, 2, 3  # kinds of spans: runs with the lock; in a call without it; a message waits
BLOCK = 400  # turns of the bytecode loop between two looks at the clock, some 30 us
GAP = 2e-4  # seconds between two looks from which on the thread did not run
TICK = 11e-3  # seconds between two messages: longer than the longest wait, so that none queue up
CALL_BESIDE_IO = 5.8e-3  # seconds of a call beside I/O: longer than the 5 ms for which a thread waits
# before it asks for the lock, which the call then answers only when it is over

now = time.monotonic
clock = partial(now)


def call(darts, seed):
    """A call into C between two looks at the clock: (begin, how many darts hit, end). No bytecode runs in
    between, where the interpreter could give the lock away: who holds it does so from look to look."""
    count, backend = c_uint64(), Backend.named("serial", 1)
    serial = backend.take()
    function = (HOLDING if LOAD == "held" else RELEASING).parlab_pi
    made = partial(function, serial, darts, seed, None, 0, byref(count))
    begin, status, end = map(partial.__call__, (clock, made, clock))
    backend.give_back(serial)
    check(status)
    return begin, count.value, end


def kernel_piece(piece, spans, worker):
    """A piece of work in C: how many darts hit."""
    begin, count, end = call(SIZE, piece)
    spans.append((worker, HOLDS if LOAD == "held" and LOCKED else FREE, begin, end))
    return count


def bytecode_piece(piece, spans, worker):
    """A piece of work in Python: x -> 5 x + piece modulo 2**31 - 1, SIZE times; the last x. A span ends
    with the last look at the clock before another ran, and goes on with the first one after it."""
    kind = HOLDS if LOCKED else FREE
    value, left = piece, SIZE
    begin = last = now()
    while left:
        turns = min(left, BLOCK)
        for _ in range(turns):
            value = (5 * value + piece) % 2147483647
        left -= turns
        here = now()
        if here - last > GAP:
            spans.append((worker, kind, begin, last))
            begin = here
        last = here
    spans.append((worker, kind, begin, last))
    return value


compute = bytecode_piece if LOAD == "bytecode" else kernel_piece


def share(worker, spans, answers):
    for piece in range(worker, COUNT, WORKERS):
        answers.append(compute(piece, spans, worker))


def in_threads():
    spans, answers = [], []
    workers = [threading.Thread(target=share, args=(w, spans, answers)) for w in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(answers), spans, []


class Child:
    """A forked process, made once, that calls work(pipe) whenever it is told to start(); `pipe` here is
    where it comes out. Ends with its parent."""

    def __init__(self, work):
        orders, self.orders = os.pipe()
        self.pipe, theirs = os.pipe()
        if os.fork() == 0:
            os.close(self.orders)
            try:
                while os.read(orders, 1):
                    work(theirs)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        os.close(orders)
        os.close(theirs)

    def start(self):
        os.write(self.orders, b"s")


class Processes:
    """They share the pieces."""

    def __init__(self):
        self.children = [Child(partial(self.work, worker)) for worker in range(WORKERS)]

    def work(self, worker, pipe):
        spans, answers = [], []
        share(worker, spans, answers)
        os.write(pipe, json.dumps([sum(answers), spans[:MOST_SPANS]]).encode() + b"\n")

    def run(self):
        for child in self.children:
            child.start()
        total, spans = 0, []
        for child in self.children:
            with open(child.pipe, encoding="utf-8", closefd=False) as lines:
                answer, seen = json.loads(lines.readline())
            total, spans = total + answer, spans + seen
        return total, spans, []


class BesideMessages:
    """One thread reads messages; this one computes until it has read them all."""

    def __init__(self):
        self.sender = Child(self.send)  # a process, which no lock keeps

    def send(self, pipe):
        """A message every TICK, that says when it was sent."""
        start = now()
        for i in range(COUNT):
            time.sleep(max(0.0, start + (i + 1) * TICK - now()))
            os.write(pipe, b"%-31.9f\n" % now())

    def run(self):
        spans, delays, done = [], [], threading.Event()

        def read():
            for _ in range(COUNT):
                sent = float(os.read(self.sender.pipe, 32))
                here = now()  # only with the lock
                delays.append(here - sent)
                spans.append((1, WAITS, sent, here))
            done.set()

        reader = threading.Thread(target=read)
        reader.start()
        self.sender.start()
        piece = 0
        while LOAD != "none" and not done.is_set():
            compute(piece, spans, 0)
            piece += 1
        reader.join()
        return len(delays), spans, delays


def metrics(spans, delays, traced):
    numbers = {}
    if delays:
        numbers["delay_median_seconds"] = statistics.median(delays)
        numbers["delay_worst_seconds"] = max(delays)
    if traced and spans:
        start = min(span[2] for span in spans)
        kept = sorted(spans, key=lambda span: span[2])[:MOST_SPANS]
        for i, (worker, kind, begin, end) in enumerate(kept):
            numbers[f"span_{i}_worker"], numbers[f"span_{i}_kind"] = worker, kind
            numbers[f"span_{i}_begin_seconds"], numbers[f"span_{i}_end_seconds"] = begin - start, end - start
    return numbers


def main():
    global SIZE
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    call(1000, 0)  # what happens once only stays out of the trace
    if HOW == "io" and LOAD in ("held", "released"):
        seconds = min(end - begin for begin, _, end in (call(SIZE, 0) for _ in range(3)))
        SIZE = max(1, int(SIZE * CALL_BESIDE_IO / seconds))
    run = BesideMessages().run if HOW == "io" else Processes().run if HOW == "processes" else in_threads
    for number, _ in enumerate(sys.stdin):  # the first run is not timed: threads and memory are new to it
        answer, spans, delays = run()
        print(json.dumps({"answer": answer, "metrics": metrics(spans, delays, number == 1)}), flush=True)


if __name__ == "__main__":
    main()
