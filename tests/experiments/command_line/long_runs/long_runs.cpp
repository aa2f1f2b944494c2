#include "tests/experiments/command_line/long_runs/long_runs.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace parlab {

void write_kernels(const std::filesystem::path& folder) {
  // Additions whose order shows in the bits.
  std::ofstream(folder / "sum.hpp") << R"(#include <cmath>
const auto size = parlab::parameter("size", 20'000'000);
auto kernel = [](std::uint64_t i) { return std::sin(static_cast<double>(i)) / (i + 1.0); };
)";
  std::ofstream(folder / "arrays.hpp") << R"(#include <cmath>
constexpr std::uint64_t size = 300'000;
parlab::array<double> z(size);
void kernel(std::uint64_t begin, std::uint64_t end) {
  for (std::uint64_t i = begin; i < end; ++i)
    for (int n = 0; n < 100; ++n) z[i] += std::cos(z[i] + static_cast<double>(i));
}
)";
  std::ofstream(folder / "search.hpp") << R"(
constexpr std::uint64_t size = 40'000'000;
template <class Stop>
std::uint64_t find(std::uint64_t begin, std::uint64_t end, Stop stop) {
  for (std::uint64_t i = begin; i < end; ++i) {
    if ((i % 4096) == 0 && stop()) return end;
    std::uint64_t n = i;
    for (int k = 0; k < 20; ++k) n = n * 6364136223846793005u + 1442695040888963407u;
    if (n >> 38 == 1234567) return i;
  }
  return end;
}
)";
}

Words run_words(const Words& words, const std::string& backend, const std::string& file) {
  Words all = {"run"};
  all.insert(all.end(), words.begin(), words.end());
  for (const std::string& word : {std::string("--backend"), backend, std::string("--checkpoint"),
                                  file, std::string("--checkpoint-every"), std::string("30ms")})
    all.push_back(word);
  if (backend != "serial") {
    all.emplace_back("--workers");
    all.emplace_back("2");
  }
  return all;
}

Surroundings LongRunFolder::around() const {
  return {.variables = {"XDG_CACHE_HOME=" + (path() / "cache").string()}};
}

nlohmann::json LongRunFolder::status(const std::string& file) const {
  const Ended told = run_parlab({"status", file, "--json", "-"}, path());
  if (told.code != 0) return nullptr;
  return nlohmann::json::parse(told.out);
}

nlohmann::json serial_answer(const LongRunCase& run) {
  const LongRunFolder folder;
  Words words = run_words(run.words, "serial", "whole");
  words.back() = "1h";
  words.insert(words.end(), {"--json", "-"});
  const Ended ended = run_parlab(words, folder.path(), folder.around());
  EXPECT_EQ(ended.code, 0) << ended.err;
  return nlohmann::json::parse(ended.out).at("answer");
}

}  // namespace parlab
