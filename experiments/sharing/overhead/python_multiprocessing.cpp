// Python's multiprocessing, in a Python that stands by with its workers.

#include "experiments/sharing/overhead/python_multiprocessing.hpp"

#include <memory>

#include "kernels/posix/process/python_process.hpp"

namespace parlab {
namespace {

/// Each line names a function and its whole numbers. Workers are started at the first of its kind,
/// which is the run that warms up. They end with the Python that started them, however that ends.
constexpr char script[] = R"(
import ctypes
import functools
import multiprocessing
import signal
import sys

mp = multiprocessing.get_context("fork")

def end_with_parent():
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)

def consume(messages, sums):
    end_with_parent()
    while True:
        sums.put(sum(messages.get() for _ in range(messages.get())))

@functools.lru_cache
def consumer():
    messages, sums = mp.Queue(), mp.SimpleQueue()
    mp.Process(target=consume, args=(messages, sums), daemon=True).start()
    return messages, sums

def queue(count):
    messages, sums = consumer()
    messages.put(count)
    for i in range(1, count + 1):
        messages.put(i)
    return sums.get()

def add_one(n):
    return n + 1

@functools.lru_cache
def pool_of(workers, count):
    return mp.Pool(workers, initializer=end_with_parent), list(range(count))

def pool_map(workers, count, chunksize):
    pool, numbers = pool_of(workers, count)
    results = pool.map(add_one, numbers, chunksize)
    return len(results) + sum(results[::16])

def process(count, code):
    total = 0
    for _ in range(count):
        child = mp.Process(target=sys.exit, args=(code,))
        child.start()
        child.join()
        total += child.exitcode
    return total

for line in sys.stdin:
    name, *numbers = line.split()
    print(globals()[name](*map(int, numbers)), flush=True)
)";

constexpr char probe[] = R"(
import multiprocessing, platform, sys
sys.stdin.readline()
print(platform.python_version(), flush=True)
)";

const FoundPython& python() {
  static const FoundPython found = find_python(probe);
  return found;
}

}  // namespace

void add_python_method(OverheadTask& task, const std::string& type, const std::string& line,
                       std::optional<double> goal) {
  if (python().path.empty()) return;
  task.methods.push_back({"multiprocessing." + type, Part::peer, "Python " + python().answer, goal,
                          [line](const RedisAddress&) {
                            const auto process =
                                std::make_shared<PythonProcess>(python().path, script);
                            return OpenedArm([=]() -> Answer { return process->ask_number(line); });
                          }});
}

}  // namespace parlab
