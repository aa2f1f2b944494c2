"""parlab from Python: its kernels on its backends over numpy arrays, its races as records.

    import parlab
    parlab.pi(1e8, backend="tbb:auto", workers=2, seed=7)
    parlab.julia(1000, backend="openmp:dynamic")          # uint32 of shape (1000, 1000)
    parlab.compare("pi", backend=["openmp", "tbb"], darts=1e7)

Every kernel takes `backend` (a name of parlab.backends(), with or without a schedule), `workers`
(None: all usable cores), `grain` (indices per chunk; None chooses) and `hold_gil` (True keeps other
Python threads from running meanwhile, and Ctrl-C from being heard: what a careless extension does).
The answer is the same, bit for bit, whatever these are. Arrays are read and written where they lie.

Errors are ValueError, TypeError, MemoryError, RuntimeError, FileNotFoundError or FileExistsError, each
also a parlab.Error; Ctrl-C ends a run within some 20 ms as KeyboardInterrupt.
"""

try:
    import numpy  # noqa: F401  # only whether it is there
except ImportError as error:
    raise ImportError(f"parlab needs numpy ({error.msg.splitlines()[0]}): apt-get install python3-numpy, and run "
                      "Debian's /usr/bin/python3; elsewhere pip install numpy", name=error.name) from None

from .loop_advice import Advice
from .commands import race
from .documents import read_crawl
from .exceptions import BadInput, BadType, Error, OutOfMemory, RunFailed
from .fields import diffusion, julia
from .library import backends, kernels, library_path, simd_level, version
from .numbers import count_darts, count_primes, is_prime, pi, primes, smallest_factor
from .own_kernels import OwnKernel, advise, own
from .races import Race, compare, load, run
from .shared import ArrayExists, ArrayGone, SharedArray, attach, shared_array, unlink

__version__ = version()
__all__ = ["Advice", "ArrayExists", "ArrayGone", "BadInput", "BadType", "Error", "OutOfMemory", "OwnKernel", "Race",
           "RunFailed", "SharedArray", "advise", "attach", "backends", "compare", "count_darts", "count_primes",
           "diffusion", "is_prime", "julia", "kernels", "library_path", "load", "own", "pi", "primes", "race",
           "read_crawl", "run", "shared_array", "simd_level", "smallest_factor", "unlink", "version"]
