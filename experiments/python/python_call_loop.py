"""What the experiment python_call runs in CPython: one way to call, in a loop, a line a run.

    python -c THIS MODULE TASK CALLS NUMBERS ARRAYS

For a line "run" on stdin it makes CALLS calls and answers with what they came to, a number; for a
line "loop" it goes through the same loop without them and answers 0.
"""

import importlib
import operator
import sys

MODULE, TASK = sys.argv[1:3]
CALLS, NUMBERS, ARRAYS = map(int, sys.argv[3:6])
PAIRS = []  # of arrays: numbers, and what is_prime writes


def python_function(a, b):
    return a & b


# One loop for each form of a call: through a common one each would pay for a call more.

def own(call):
    total = 0
    for seed in range(CALLS):
        total += call(1, seed)
    return total


def own_by_name(call):
    total = 0
    for seed in range(CALLS):
        total += call(1, seed=seed)
    return total


def own_loop():
    total, one = 0, 1
    for seed in range(CALLS):
        total += one
    return 0


def arrays(call):
    for turn in range(CALLS):
        numbers, out = PAIRS[turn % ARRAYS]
        call(numbers, out)
    return primes_found()


def arrays_by_name(call):
    for turn in range(CALLS):
        numbers, out = PAIRS[turn % ARRAYS]
        call(numbers, out=out)
    return primes_found()


def arrays_loop():
    for turn in range(CALLS):
        numbers, out = PAIRS[turn % ARRAYS]
    return 0


def primes_found():
    """The sum of the numbers found prime; what was found is wiped out."""
    total = 0
    for numbers, out in PAIRS:
        total += int(numbers[(out == 1).nonzero()].sum())  # three times as fast as by the mask itself
        out.fill(255)
    return total


def make_pairs():
    import numpy
    for i in range(ARRAYS):
        numbers = numpy.arange(i * NUMBERS, (i + 1) * NUMBERS, dtype=numpy.uint64)
        PAIRS.append((numbers, numpy.full(NUMBERS, 255, numpy.uint8)))


def main():
    if TASK == "own":
        run, loop = own, own_loop
        call = python_function if MODULE == "python" else operator.and_
    else:
        name = "parlab" if MODULE == "parlab" else "parlab_calls." + MODULE
        module, by_name = importlib.import_module(name), MODULE == "parlab"
        if TASK == "scalar":
            run, loop, call = own_by_name if by_name else own, own_loop, module.count_darts
        else:
            make_pairs()
            run, loop, call = arrays_by_name if by_name else arrays, arrays_loop, module.is_prime
    for line in sys.stdin:
        print(run(call) if line == "run\n" else loop(), flush=True)


if __name__ == "__main__":
    main()
