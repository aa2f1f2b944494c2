# Everything that parlab builds on, declared once: a Debian package, when it is needed, and why.
# CMake finds them (CMakeLists.txt), `make deps` installs them, README.md beside it lists them.
#
#   required   the build stops without it, with this line as the message
#   optional   without it a column is missing; `parlab list` says which and why
#   report     what renders reports/out/REPORT.md
#   page       what `make report-html` needs besides
#   test       what `make test` needs besides
#   notebook   what `make notebooks` needs besides
#   lab        what `make lab` needs besides, to open them
#   arm        what `make test-arm` needs besides
#   develop    only for `make lint`, `make format`, the clang and sanitizer presets, large peers, and tests that are
#              skipped without it (make deps-develop)
#
# Behind the reason: what shows that it is there, however it came, where dpkg does not know: one of
# these headers, programs or files.
#
# One line each: `make deps` reads this file before there is a CMake to run it.
macro(parlab_dependency package need reason)
  set(PARLAB_REASON_${package} "${reason}")
endmacro()

parlab_dependency(g++ required "the compiler, C++20; OpenMP comes with it" g++ clang++ c++)
parlab_dependency(cmake required "configures the build, 3.25 or newer")
parlab_dependency(ninja-build required "runs the build, rebuilds only what changed" ninja ninja-build)
parlab_dependency(libcli11-dev required "reads the command line" CLI/CLI.hpp)
parlab_dependency(nlohmann-json3-dev required "reads and writes result files" nlohmann/json.hpp)
parlab_dependency(libfmt-dev required "formats tables and messages" fmt/format.h)
parlab_dependency(libhwy-dev required "SIMD kernels, one binary for all x86-64, chosen at run time" hwy/highway.h)
parlab_dependency(libtbb-dev optional "backends tbb and stdpar" tbb/task_arena.h)
parlab_dependency(libtaskflow-cpp-dev optional "backend taskflow; from Debian 13 on" taskflow/taskflow.hpp)
parlab_dependency(libopenmpi-dev optional "backend mpi: ranks, here and on other machines" /usr/lib/*/openmpi/include/mpi.h /usr/include/*/mpich/mpi.h)
parlab_dependency(openmpi-bin optional "mpirun, which starts the ranks of backend mpi" mpirun mpiexec)
parlab_dependency(openssh-client optional "ssh, which starts ranks of backend mpi on other machines" ssh)
parlab_dependency(libboost-dev optional "backend asio_pool, event loops, crawler, delay server; 1.81 or newer")
parlab_dependency(libboost-context-dev optional "stackful coroutines in event_loop and http_clients")
parlab_dependency(zlib1g-dev optional "gzip in the delay server and the crawler" zlib.h)
parlab_dependency(libssl-dev optional "TLS in parlab crawl" openssl/ssl.h)
parlab_dependency(libsqlite3-dev optional "the history of runs, the frontier of parlab crawl" sqlite3.h)
parlab_dependency(libidn2-dev optional "hosts beyond ASCII in parlab crawl" idn2.h)
parlab_dependency(libcurl4-openssl-dev optional "libcurl, the peer client in http_clients" curl/curl.h)
parlab_dependency(wrk optional "load generator, compared with http_clients' throughput" wrk)
parlab_dependency(libeigen3-dev optional "kernel variant eigen" eigen3/signature_of_eigen3_matrix_library)
parlab_dependency(libxtensor-dev optional "kernel variant xtensor" xtensor/xarray.hpp xtensor/containers/xarray.hpp)
parlab_dependency(libxsimd-dev optional "SIMD for the kernel variant xtensor" xsimd/xsimd.hpp)
parlab_dependency(libbenchmark-dev optional "parlab-micro, the nanosecond figures" benchmark/benchmark.h)
parlab_dependency(libssl-dev optional "managers with a key, managers and Redis over TLS" openssl/hmac.h)
parlab_dependency(libhiredis-dev optional "the Redis flag, counter and queue" hiredis/hiredis.h)
parlab_dependency(redis-server optional "the server that the Redis arms start for themselves" redis-server)
parlab_dependency(ccache optional "makes the second build fast" ccache)
parlab_dependency(libprimesieve-dev optional "peer of the sieve, timed beside it; tests check ours against it" primesieve.hpp)
parlab_dependency(libprimecount-dev optional "peer of the combinatorial count, timed beside it" primecount.hpp)
parlab_dependency(libflint-dev optional "peer of the primality tests, timed beside them; tests check ours against it" flint/flint.h)
parlab_dependency(libgmp-dev optional "peer of the primality tests; FLINT's headers include its" gmp.h)
parlab_dependency(librandom123-dev optional "peer of the darts, timed beside them; tests check Philox and ARS against it" Random123/philox.h)
parlab_dependency(python3-dev optional "parlab_calls: modules that Python loads" /usr/include/python3*/Python.h)
parlab_dependency(pybind11-dev optional "parlab_calls.by_pybind11" pybind11/pybind11.h)
parlab_dependency(python3-cffi optional "parlab_calls.by_cffi_api and by_cffi_abi" /usr/lib/python3*/*-packages/cffi/api.py)
parlab_dependency(cython3 optional "parlab_calls.by_cython" cython3)
parlab_dependency(python3 report "runs the report's scripts")
parlab_dependency(python3-numpy report "reads the figures' data; peer of the darts and the sieve")
parlab_dependency(python3-matplotlib report "draws the figures")
parlab_dependency(python3-jinja2 report "fills the report's templates")
parlab_dependency(python3-markdown report "turns REPORT.md into REPORT.html")
parlab_dependency(npm page "fetches Observable Plot, for a page that filters and sorts" npm)
parlab_dependency(libgtest-dev test "C++ tests" gtest/gtest.h)
parlab_dependency(libgmock-dev test "matchers in C++ tests" gmock/gmock.h)
parlab_dependency(iproute2 test "machines in network namespaces, for tests of ranks on several; run as root" ip /usr/sbin/ip)
parlab_dependency(python3-pytest test "tests of the report and of the Python package")
parlab_dependency(python3-nbconvert notebook "writes the notebooks as HTML")
parlab_dependency(python3-nbclient notebook "runs the notebooks")
parlab_dependency(python3-ipykernel notebook "the Python that runs in notebooks")
parlab_dependency(python3-pandas notebook "races as tables that can be computed with")
parlab_dependency(python3-notebook lab "Jupyter, in which notebooks are opened")
parlab_dependency(clang develop "the second compiler, and the thread sanitizer's" clang++)
parlab_dependency(libomp-dev develop "OpenMP for clang, with Archer for the thread sanitizer" /usr/lib/llvm-*/lib/libomp.so)
parlab_dependency(llvm-19 develop "llvm-mca: how near the report's loops are to the processor's ports" llvm-mca-19 llvm-mca-20 llvm-mca-21)
parlab_dependency(clang-tidy develop "make lint" clang-tidy)
parlab_dependency(clang-format develop "make format" clang-format)
parlab_dependency(shellcheck develop "make lint" shellcheck)
parlab_dependency(python3-numba develop "peer of the darts and of trial division, where asked for by name; 120 MB with its LLVM")
parlab_dependency(cargo develop "builds the peer rayon, where asked for by name; 250 MB with its compiler" cargo)
parlab_dependency(librust-rayon-dev develop "rayon, peer of the darts and of the sieve in Rust" /usr/share/cargo/registry/rayon-[0-9]*)
parlab_dependency(librust-rand-xoshiro-dev develop "its random numbers" /usr/share/cargo/registry/rand_xoshiro-*)
parlab_dependency(zsh develop "completes words of parlab, as users of it do" zsh)
parlab_dependency(fish develop "completes words of parlab, as users of it do" fish)
parlab_dependency(mandoc develop "checks the manual pages" mandoc)
parlab_dependency(man-db develop "checks the manual pages" man)
parlab_dependency(g++-aarch64-linux-gnu arm "compiles the numerics and their tests for ARM" aarch64-linux-gnu-g++)
parlab_dependency(qemu-user-static arm "runs them" qemu-aarch64-static qemu-aarch64)
