"""What the experiment gil runs in CPython: one way of working, again and again, a line a run.

    python -c THIS WAY WORK CORES PIECES SIZE

For each line on stdin it works once and answers a line of JSON: {"answer": number, "metrics": {...}}.
The metrics of the first run hold the trace: spans of who held the interpreter's lock when.
"""

import json
import os
import sys
import threading
import time

import parlab

WAY, WORK, CORES, PIECES, SIZE = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
WORKERS = 1 if WAY in ("one thread", "I/O alone") else 2
MOST_SPANS = 40  # of a trace, all workers together: what a picture can show
HOLDS, FREE, WAITS = 1, 2, 3  # kinds of spans; FREE: computes without the lock
BLOCK = 400  # turns of the bytecode loop between two looks at the clock, some 30 us
GAP = 2e-4  # seconds between two blocks from which on the lock was with another
TICK = 3e-3  # seconds between two messages to the I/O thread

now = time.monotonic


def kernel_piece(piece, spans, worker):
    """A piece of work in C; the lock is held or not, as the way says."""
    held = WAY in ("threads, lock held", "I/O beside lock held")
    begin = now()
    count = parlab.count_darts(SIZE, seed=piece, hold_gil=held)
    spans.append((worker, HOLDS if held else FREE, begin, now()))
    return count


def bytecode_piece(piece, spans, worker):
    """A piece of work in Python: x -> 5 x + piece modulo 2**31 - 1, SIZE times; the last x."""
    value, left = piece, SIZE
    begin = last = now()
    while left:
        turns = min(left, BLOCK)
        for _ in range(turns):
            value = (5 * value + piece) % 2147483647
        left -= turns
        here = now()
        if here - last > GAP:  # somewhere in this block another had the lock
            if last > begin:
                spans.append((worker, HOLDS, begin, last))
            begin = here
        last = here
    if last > begin:
        spans.append((worker, HOLDS, begin, last))
    return value


compute = bytecode_piece if WORK == "bytecode" or WAY == "I/O beside bytecode" else kernel_piece


def share(worker, workers, spans, answers):
    for piece in range(worker, PIECES, workers):
        answers.append(compute(piece, spans, worker))


def in_threads():
    spans, answers = [], []
    workers = [threading.Thread(target=share, args=(w, WORKERS, spans, answers)) for w in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(answers), spans, []


def in_processes():
    ends = []
    for worker in range(WORKERS):
        ours, theirs = os.pipe()
        if os.fork() == 0:
            try:
                spans, answers = [], []
                share(worker, WORKERS, spans, answers)
                os.write(theirs, json.dumps([sum(answers), spans[:MOST_SPANS]]).encode())
            finally:
                os._exit(0)
        os.close(theirs)
        ends.append(ours)
    total, spans = 0, []
    for end in ends:
        with open(end, encoding="utf-8") as file:
            answer, seen = json.loads(file.read())
        os.wait()
        total, spans = total + answer, spans + seen
    return total, [tuple(span) for span in spans], []


def beside_io():
    """One thread reads a message every TICK from another process; a second one computes meanwhile."""
    ours, theirs = os.pipe()
    if os.fork() == 0:
        try:
            start = now()
            for i in range(PIECES):
                time.sleep(max(0.0, start + (i + 1) * TICK - now()))
                os.write(theirs, b"%-31.9f\n" % now())
        finally:
            os._exit(0)
    os.close(theirs)
    spans, delays, done = [], [], threading.Event()

    def read():
        for _ in range(PIECES):
            sent = float(os.read(ours, 32))
            here = now()  # only with the lock
            delays.append(here - sent)
            spans.append((1, WAITS, sent, here))
        done.set()

    reader = threading.Thread(target=read)
    reader.start()
    piece = 0
    while WORKERS == 2 and not done.is_set():
        compute(piece, spans, 0)
        piece += 1
    reader.join()
    os.close(ours)
    os.wait()
    return len(delays), spans, delays


def alone(spans):
    """Spans of one lock, cut so that none overlap: a call that keeps the lock began when the one before
    had ended, though its thread may have been made to wait after it looked at the clock."""
    cut, free = [], 0.0
    for worker, kind, begin, end in sorted(spans, key=lambda span: span[3]):
        if kind == HOLDS and WAY != "processes":
            begin, free = max(begin, free), end
        cut.append((worker, kind, begin, end))
    return cut


def metrics(spans, delays, first):
    numbers = {}
    if delays:
        ordered = sorted(delays)
        numbers["delay_median_seconds"] = ordered[len(ordered) // 2]
        numbers["delay_worst_seconds"] = ordered[-1]
    if first and spans:
        spans = alone(spans)
        start = min(span[2] for span in spans)
        kept = sorted(spans, key=lambda span: span[2])[:MOST_SPANS]
        for i, (worker, kind, begin, end) in enumerate(kept):
            numbers[f"span_{i}_worker"], numbers[f"span_{i}_kind"] = worker, kind
            numbers[f"span_{i}_begin_seconds"], numbers[f"span_{i}_end_seconds"] = begin - start, end - start
    return numbers


def main():
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    run = beside_io if WORK == "io" else in_processes if WAY == "processes" else in_threads
    first = True
    for _ in sys.stdin:
        answer, spans, delays = run()
        print(json.dumps({"answer": answer, "metrics": metrics(spans, delays, first)}), flush=True)
        first = False


if __name__ == "__main__":
    main()
