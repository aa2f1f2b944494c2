// Bad input: exit code 2, one line on stderr that says what and what to do, nothing on stdout,
// nothing written.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <ostream>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;

void expect_refusal(const Ended& ended, const std::string& complaint) {
  EXPECT_EQ(ended.code, 2) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, testing::StartsWith("parlab: "));
  EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr(complaint));
}

struct BadLine {
  std::vector<std::string> arguments;
  std::string complaint;
};

void PrintTo(const BadLine& line, std::ostream* out) {
  for (const std::string& argument : line.arguments) *out << argument << ' ';
}

class BadInput : public testing::TestWithParam<BadLine> {};

TEST_P(BadInput, IsRefusedInOneLine) {
  const TemporaryFolder folder;
  expect_refusal(run_parlab(GetParam().arguments, folder.path()), GetParam().complaint);
  EXPECT_TRUE(folder.files().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Lines, BadInput,
    testing::Values(
        BadLine{{"rum"}, "unknown verb 'rum', did you mean 'run'?"},
        BadLine{{"run"}, "experiment is missing"},
        BadLine{{"run", "pie"}, "did you mean 'pi'?; valid: "},
        BadLine{{"run", "pi", "--backend", "opnmp"}, "did you mean 'openmp'"},
        BadLine{{"run", "pi", "--backend", "openmp:dynamik"}, "did you mean 'dynamic'"},
        BadLine{{"run", "pi", "--backend", "threads,"}, "unknown backend ''"},
        BadLine{{"run", "pi", "--backend", ","}, "unknown backend ''"},
        BadLine{{"run", "pi", "--backend", ""}, "--backend is empty"},
        BadLine{{"run", "pi", "--backend="}, "--backend: 1 required"},
        BadLine{{"compare", "pi", "--backend", ""}, "--backend is empty"},
        BadLine{{"run", "pi", "--backend", ":static"}, "unknown backend ''"},
        BadLine{{"run", "pi", "--backend", "threads:"}, "unknown schedule of threads ''"},
        BadLine{{"run", "pi", "--backend", "serial:"}, "has no schedules"},
        BadLine{{"run", "pi", "--backend", "threads,processes,threads"},
                "'threads:static' appears twice"},
        BadLine{{"run", "pi", "--backend", "threads:static,threads"},
                "'threads:static' appears twice"},
        BadLine{{"run", "pi", "--workers", ""}, "--workers is empty"},
        BadLine{{"run", "pi", "--workers", ","}, "'' is not a number"},
        BadLine{{"run", "pi", "--grain", ""}, "--grain is empty"},
        BadLine{{"run", "pi", "--chunks", ""}, "--chunks is empty"},
        BadLine{{"run", "pi", "--baseline", ""}, "--baseline is empty"},
        BadLine{{"run", "pi", "--json", ""}, "--json: the name is empty"},
        BadLine{{"run", "pi", "--variant", ""}, "--variant is empty"},
        BadLine{{"run", "pi", "--variant", "simd,simd"}, "'simd' appears twice"},
        BadLine{{"suite", "--out", ""}, "--out is empty"},
        BadLine{{"run", "crawl"}, "is called 'http_clients' now: parlab run http_clients"},
        BadLine{{"compare", "pi", "--backend", "threads"}, "nothing to be compared with"},
        BadLine{{"compare", "pi", "--backend", "serial", "--workers", "1"},
                "nothing to be compared with"},
        BadLine{{"compare", "pi", "--backend", ","}, "unknown backend ''"},
        BadLine{{"run", "diffusion", "--edges", "round"}, "valid: fixed, periodic"},
        BadLine{{"random", "--generator", "philx"}, "did you mean 'philox'"},
        BadLine{{"random", "--bytes", "many"}, "--bytes: 'many' is not a number"},
        BadLine{{"random", "--seed", "-1"}, "out of range"}, BadLine{{"arm"}, "use parlab run"},
        BadLine{{"arm", "0", "0", "run", "pi"}, "use parlab run"},
        BadLine{{"run", "pi", "--env", "OMP_WAIT_POLICY"}, "--env: 'OMP_WAIT_POLICY' has no value"},
        BadLine{{"run", "pi", "--env", "A-B=1"}, "cannot be the name of a variable"},
        BadLine{{"run", "pi", "--env", "A=1", "--env", "A=2"}, "A is given twice"},
        BadLine{{"run", "pi", "--env", ""}, "--env is empty"},
        BadLine{{"compare", "pi", "--backend", "threads", "--env", "A=1"},
                "nothing to be compared with"},
        BadLine{{"run", "pi", "--metric", "cpus"}, "did you mean 'cpu'"},
        BadLine{{"run", "pi", "--metric", ""}, "--metric is empty"},
        BadLine{{"run", "pi", "--metric", "cold", "--isolation", "standing"},
                "needs a new process for each sample"},
        BadLine{{"run", "pi", "--pause", "soon"}, "--pause: 'soon' is not a duration"},
        BadLine{{"run", "pi", "--pause", "0s"}, "must be above 0"},
        BadLine{{"run", "pi", "--pause", "2min"}, "--pause"},
        BadLine{{"run", "pi", "--pin", "compat"}, "did you mean 'compact'"},
        BadLine{{"run", "pi", "--pin", "none,none"}, "'none' appears twice"},
        BadLine{{"run", "pi", "--pin", ""}, "--pin is empty"},
        BadLine{{"run", "pi", "--pin", "spread", "--env", "OMP_PLACES=cores"},
                "--pin: OMP_PLACES binds OpenMP's threads already"},
        BadLine{{"run", "locking", "--pin", "compact"}, "unknown option of run locking '--pin'"},
        BadLine{{"run", "pi", "--dart", "1e8"}, "did you mean '--darts'"},
        BadLine{{"run", "pi", "--dart=1e8"}, "unknown option of run pi '--dart'"},
        BadLine{{"run", "pi", "surplus"}, "unknown option of run pi 'surplus'"},
        BadLine{{"run", "pi", "--darts"}, "--darts"},
        BadLine{{"run", "pi", "--workers", "0"}, "must be 1 to 4096"},
        BadLine{{"run", "pi", "--workers", "-1"}, "must be 1 to 4096"},
        BadLine{{"run", "pi", "--workers", "two"}, "'two' is not a number"},
        BadLine{{"run", "pi", "--workers", "4097"}, "must be 1 to 4096"},
        BadLine{{"run", "pi", "--workers", "1,,2"}, "'' is not a number"},
        BadLine{{"run", "pi", "--backend", "serial", "--workers", "2"}, "serial has one worker"},
        BadLine{{"run", "pi", "--grain", "0"}, "--grain: '0' is out of range"},
        BadLine{{"run", "pi", "--grain", "8", "--chunks", "8"}, "give one of them"},
        BadLine{{"run", "pi", "--darts", "0"}, "--darts: '0' is out of range"},
        BadLine{{"run", "pi", "--darts", "18446744073709551616"}, "1 to 2^64 - 1"},
        BadLine{{"run", "pi", "--darts", "1e20"}, "1 to 2^64 - 1"},
        BadLine{{"run", "pi", "--darts", "1.5"}, "not a whole number"},
        BadLine{{"run", "pi", "--seed", "x"}, "--seed: 'x' is not a number"},
        BadLine{{"run", "pi", "--seed", "-1"}, "out of range"},
        BadLine{{"run", "pi", "--rounds", "0"}, "--rounds"},
        BadLine{{"run", "pi", "--budget", "20x"}, "--budget: '20x' is not a duration; write 20s"},
        BadLine{{"run", "pi", "--budget", "0s"}, "must be above 0"},
        BadLine{{"run", "pi", "--budget", "-5s"}, "must be above 0"},
        BadLine{{"run", "pi", "--budget", "1ms"}, "too little for a first pass of 7 rounds"},
        BadLine{{"compare", "pi", "--backend", "openmp,tbb", "--until", "decidd"},
                "did you mean 'decided'"},
        BadLine{{"suite", "--out", "x", "--budget", "5 minutes"}, "is not a duration"},
        BadLine{{"run", "pi", "--timeout", "0"}, "--timeout"},
        BadLine{{"run", "pi", "--timeout", "1min"}, "--timeout"},
        BadLine{{"run", "pi", "--isolation", "fresch"}, "did you mean 'fresh'"},
        BadLine{{"run", "pi", "--baseline", "second"}, "valid: serial, first"},
        BadLine{{"run", "pi", "--variant", "simt"}, "did you mean 'simd'"},
        BadLine{{"run", "pi", "--variant", "mt19937_64", "--backend", "threads"},
                "cannot be split"},
        BadLine{{"run", "primes", "--from", "10", "--to", "5"}, "--from 10 is above --to 5"},
        BadLine{{"run", "primes", "--from", "10"}, "--to is missing"},
        BadLine{{"run", "primes", "--range", "F"}, "valid: A, B, C, D, E"},
        BadLine{{"run", "primes", "--range", "A", "--to", "5"}, "give one of them"},
        BadLine{{"run", "primes", "--algorithm", "seive"}, "did you mean 'sieve'"},
        BadLine{{"run", "primes", "--algorithm", "combinatoric"}, "did you mean 'combinatorial'"},
        BadLine{{"run", "primes", "--to", "1e6", "--algorithm", "combinatorial", "--list"},
                "finds no primes"},
        BadLine{{"run", "primes", "--from", "3", "--to", "1e6", "--algorithm", "combinatorial"},
                "counts from 0 on, not from 3"},
        BadLine{{"run", "primes", "--range", "A,B", "--algorithm", "sieve,combinatorial"},
                "counts from 0 on"},
        BadLine{
            {"run", "primes", "--to", "1e6", "--algorithm", "combinatorial", "--order", "shuffled"},
            "--order ascending"},
        BadLine{{"run", "verify_prime", "--number", "18446744073709551616"}, "0 to 2^64 - 1"},
        BadLine{{"run", "peers", "--task", "seive"}, "did you mean 'sieve'"},
        BadLine{{"run", "peers", "--peer", "primesieves"}, "did you mean 'primesieve'"},
        BadLine{{"run", "peers", "--task", "is_prime", "--peer", "C++"}, "none of the tasks"},
        BadLine{{"run", "sharing_overhead", "--task", "quue"}, "did you mean 'queue'"},
        BadLine{{"run", "pi", "--generator", "arse"}, "did you mean 'ars'"},
        BadLine{{"run", "pi", "--precision", "64"}, "32 or 53 bits, not 64"},
        BadLine{{"run", "pi", "--generator", "mt19937_64", "--precision", "32"},
                "no kernel for --generator"},
        BadLine{{"run", "pi", "--generator", "ars", "--variant", "eigen"}, "--variant eigen"},
        BadLine{{"run", "verify_prime", "--number", "-7"}, "--number: '-7' is out of range"},
        BadLine{{"run", "verify_prime", "--number", "seven"}, "'seven' is not a number"},
        BadLine{{"run", "verify_prime", "--algorithm", "wheels"}, "did you mean 'wheel'"},
        BadLine{{"run", "primes", "--list", "--count"}, "exclude each other"},
        BadLine{{"run", "primes", "--to", "9", "--list", "--json", "-"}, "both want stdout"},
        BadLine{{"run", "dispatch", "--chunks", "0"}, "--chunks"},
        BadLine{{"run", "stream", "--kernel", "traid"}, "did you mean 'triad'"},
        BadLine{{"run", "stream", "--stores", "bypas"}, "did you mean 'bypass'"},
        BadLine{{"run", "stream", "--bytes", "100"}, "--bytes"},
        BadLine{{"run", "simd", "--kernel", "philix"}, "did you mean 'philox'"},
        BadLine{{"run", "simd", "--level", "avx9"}, "unknown SIMD level 'avx9'"},
        BadLine{{"run", "pi", "--env", "PARLAB_SIMD=avx9"}, "unknown SIMD level 'avx9'"},
        BadLine{{"run", "histogram", "--keys", "zipf"}, "uniform"},
        BadLine{{"run", "histogram", "--size", "5e9"}, "--size"},
        BadLine{{"run", "histogram", "--variant", "partial"}, "did you mean 'partials'"},
        BadLine{{"run", "spmv", "--rows", "10", "--per-row", "11"}, "no 11 nonzeros"},
        BadLine{{"run", "spmv", "--rows", "128Mi"}, "more than 2147483647 nonzeros"},
        BadLine{{"run", "spmv", "--lengths", "odd"}, "even"},
        BadLine{{"run", "dispatch", "--grain", "5"}, "--grain"},
        BadLine{{"compare", "pi"}, "--backend is missing"},
        BadLine{{"list", "--jason"}, "did you mean '--json'"},
        BadLine{{"doctor", "now"}, "unknown option of doctor"},
        BadLine{{"suite"}, "--out is missing"},
        BadLine{{"suite", "--out", "x", "--profile", "quik"}, "did you mean 'quick'"},
        BadLine{{"suite", "--out", "x", "--only", "pi-sises"}, "did you mean 'pi-sizes'"},
        BadLine{{"suite", "--out", "/proc/parlab"}, "cannot make the folder"},
        BadLine{{"run", "pi", "--json", "no/such/pi.json"}, "no/such does not exist"},
        BadLine{{"run", "pi", "--json", "/proc/pi.json"}, "cannot write /proc/pi.json"},
        BadLine{{"run", "pi", "--json", "/dev/full"}, "not a regular file"},
        BadLine{{"run", "pi", "--json", "."}, "it is a folder"}));

TEST(OutputFile, IsRefusedBeforeTheWorkWhereNoFileMayBeThatLarge) {
  const TemporaryFolder folder;
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  ParlabProgram program({"run", "pi", "--json", "pi.json"}, folder.path());
  setrlimit(RLIMIT_FSIZE, &before);
  expect_refusal(program.wait(), "File too large");
  EXPECT_TRUE(folder.files().empty());
}

TEST(OutputFile, IsRefusedBeforeTheWorkOnAFullDisk) {
  const TemporaryFolder folder;
  if (mount("parlab-test", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0)
    GTEST_SKIP() << "needs the right to mount a small file system, to fill it";
  const Ended ended = run_parlab({"run", "pi", "--json", "pi.json"}, folder.path());
  const auto files = folder.files();
  umount2(folder.path().c_str(), MNT_DETACH);
  expect_refusal(ended, "No space left");
  EXPECT_TRUE(files.empty());
}

TEST(OutputFile, IsRefusedInAFolderThatMayNotBeWrittenTo) {
  const TemporaryFolder folder;
  if (mount("parlab-test", folder.path().c_str(), "tmpfs", MS_RDONLY, "size=64k") != 0)
    GTEST_SKIP() << "needs the right to mount a read-only file system";
  const Ended ended = run_parlab({"run", "pi", "--json", "pi.json"}, folder.path());
  umount2(folder.path().c_str(), MNT_DETACH);
  expect_refusal(ended, "Read-only file system");
}

TEST(OutputFile, KeepsWhatStoodThereWhenARunIsRefused) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "pi.json") << "old";
  expect_refusal(run_parlab({"run", "pi", "--darts", "0", "--json", "pi.json"}, folder.path()),
                 "--darts");
  std::string word;
  std::ifstream(folder.path() / "pi.json") >> word;
  EXPECT_EQ(word, "old");
}

}  // namespace
}  // namespace parlab
