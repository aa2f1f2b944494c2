#pragma once

// A folder with kernel files, and one beside it where what is compiled of them is kept.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {

/// A kernel over 100 indices that adds up how many processors the thread may run on that computes each.
inline std::string counts_processors(int expected) {
  return R"(#include <sched.h>
constexpr std::uint64_t size = 100;
auto kernel = [](std::uint64_t) -> std::uint64_t {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  return static_cast<std::uint64_t>(CPU_COUNT(&set));
};
constexpr std::uint64_t expected = )" +
         std::to_string(expected) + ";\n";
}

class OwnFiles : public testing::Test {
 protected:
  using Words = std::vector<std::string>;

  OwnFiles() { set("XDG_CACHE_HOME", kept_.path()); }
  ~OwnFiles() override {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): tests have one thread
    for (const auto& [name, before] : before_) before ? set(name, *before) : void(unsetenv(name));
  }

  void set(const char* name, const std::string& value) {
    // NOLINTBEGIN(concurrency-mt-unsafe)
    const char* now = std::getenv(name);
    before_.try_emplace(name, now ? std::optional<std::string>(now) : std::nullopt);
    setenv(name, value.c_str(), 1);
    // NOLINTEND(concurrency-mt-unsafe)
  }

  std::string file(const std::string& text, const std::string& name = "mine.hpp") const {
    std::ofstream(folder_.path() / name) << text;
    return name;
  }

  Ended run(const std::string& text, Words more = {"--backend", "serial"}) const {
    Words words = {"run", "own", "--kernel", file(text), "--rounds", "2", "--json", "own.json"};
    words.insert(words.end(), more.begin(), more.end());
    return run_parlab(words, folder_.path());
  }
  nlohmann::json result() const { return read_json(folder_.path() / "own.json")["results"]; }

  /// Runs what must be refused: one line of parlab's, exit code 2, no result file, nothing half
  /// made.
  std::string refused(const std::string& text, const Words& more = {"--backend", "serial"}) const {
    const Ended ended = run(text, more);
    EXPECT_EQ(ended.code, 2) << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_EQ(folder_.files(), Words{"mine.hpp"});
    EXPECT_EQ(half_made(), 0);
    const std::string said = "\n" + ended.err;  // the compiler's lines may come before parlab's
    const std::size_t last = said.rfind("\nparlab: ");
    EXPECT_TRUE(last != std::string::npos && last == said.find("\nparlab: ")) << said;
    EXPECT_EQ(said.find('\n', last + 1), said.size() - 1) << said;
    return ended.err;
  }
  int half_made() const {
    int count = 0;
    for (const std::string& name : kept()) count += name.starts_with("making.") ? 1 : 0;
    return count;
  }
  Words kept() const {
    Words names;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(kept_.path() / "parlab", none))
      names.push_back(entry.path().filename());
    return names;
  }

  TemporaryFolder folder_, kept_;

 private:
  std::map<const char*, std::optional<std::string>> before_;
};

}  // namespace parlab
