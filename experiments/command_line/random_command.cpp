// parlab random: the words of a generator on stdout, for programs that test random numbers, such
// as dieharder and PractRand.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/options/parse_words.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/numerics/darts/random_stream.hpp"

namespace parlab {
namespace {

/// Bytes that are made and written at once: as much as a pipe holds.
constexpr std::size_t bytes_at_once = std::size_t{64} << 10;

/// False where the reader has gone away. Throws std::system_error.
bool write_all(std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EPIPE) return false;
    if (written < 0)
      throw std::system_error(errno, std::generic_category(), "cannot write to stdout");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

/// As they lie in memory on a machine whose lower bytes come first.
std::uint32_t little_endian(std::uint32_t word) {
  return std::endian::native == std::endian::little ? word : __builtin_bswap32(word);
}

}  // namespace

int random_command(const Arguments& arguments) {
  CLI::App app(
      "Writes the words of a random number generator to stdout, 32 bits each, little-endian, for "
      "programs that test them.",
      "parlab random");
  std::string generator = "philox", seed = "1", bytes = "unlimited";
  app.add_option("--generator", generator,
                 fmt::format("{} [philox]", fmt::join(random_streams(), ", ")));
  app.add_option("--seed", seed, "seed of the generator [1]");
  app.add_option("--bytes", bytes,
                 "bytes to write, or unlimited: until the reader stops [unlimited]");
  app.footer(
      "Example: parlab random --seed 7 | dieharder -g 200 -a\n"
      "Example: parlab random --generator ars | RNG_test stdin32");
  if (const auto help = parse_words(app, arguments)) {
    write_stdout(*help);
    return 0;
  }
  const std::unique_ptr<RandomStream> stream =
      random_stream(generator, parse_quantity("--seed", seed));
  std::uint64_t left = bytes == "unlimited" ? std::numeric_limits<std::uint64_t>::max()
                                            : parse_quantity("--bytes", bytes);
  if (isatty(STDOUT_FILENO) != 0)
    throw UsageError("random: stdout is a terminal, and this is binary data; use a pipe or a file");
  require_stdout();
  std::vector<std::uint32_t> words(bytes_at_once / sizeof(std::uint32_t));
  while (left > 0) {
    stream->next(words);
    for (std::uint32_t& word : words) word = little_endian(word);
    const std::uint64_t some = std::min<std::uint64_t>(left, bytes_at_once);
    if (!write_all({reinterpret_cast<const char*>(words.data()), some})) return 0;
    if (bytes != "unlimited") left -= some;
  }
  return 0;
}

}  // namespace parlab
