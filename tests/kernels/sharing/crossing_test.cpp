// What must not compile, and that the compiler says why in words.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

struct Snippet {
  const char* body;
  const char* reason;
};

constexpr Snippet wrong[] = {
    {"parlab::Value<std::string> v;", "must be trivially copyable"},
    {"parlab::RawArray<std::vector<int>> a(3);", "must be trivially copyable"},
    {"parlab::SharedArray<std::vector<double>> a({2});", "must be trivially copyable"},
    {"parlab::Value<int*> v;", "share an index or an offset"},
    {"parlab::Value<std::string_view> v;", "share an index or an offset"},
    {"parlab::RawValue<std::array<int, 4>> v;", "use Value<T>"},
    {"struct S { std::string s; }; parlab::Queue<S> q;", "cannot cross to another process"},
    {"int i = 0; parlab::make_pipe().first.send(&i);", "send what it points to"},
    {"int i = 0; parlab::Pool(1).map([&i](int n) { return n + i; }, std::vector<int>{1});",
     "captures nothing"},
    {"parlab::RawValue<long> v; v.fetch_add(1.9);", "a fraction would be cut off here"},
    {"parlab::RawValue<int> v(1.9);", "a fraction would be cut off here"},
    {"parlab::RawValue<bool> v; v.store(0.5f);", "a fraction would be cut off here"},
    {"parlab::Value<unsigned> v(2.0L);", "a fraction would be cut off here"},
    {"parlab::Value<short> v; v.set(1.5);", "a fraction would be cut off here"},
    {"parlab::Queue<char> q; q.put(1.5);", "a fraction would be cut off here"},
    {"parlab::JoinableQueue<std::uint64_t> q; q.try_put(1.5);", "a fraction would be cut off here"},
    {"parlab::SpscRing<signed char> r(2.5f);", "a fraction would be cut off here"},
    {"parlab::Semaphore s(1.5f);", "a fraction would be cut off here"},
};

constexpr char right[] =
    "parlab::Value<double> v(1.5); v.set(2); int i = 0;"
    "parlab::RawValue<float> f(0.1); f.store(1); std::atomic<int> a{3}; parlab::RawValue<int> r(a);"
    "enum Plain { one = 1 }; r.store(one); r.store({}); r.fetch_add('a'); r.fetch_add(true);"
    "parlab::ThreadPool(1).map([&i](int n) { return n + i; }, std::vector<int>{1});";

/// Exit status and messages of the compiler, of a program with a function for each body.
std::pair<int, std::string> compile(const std::vector<std::string>& bodies) {
  const std::string source = testing::TempDir() + "crossing-" + std::to_string(getpid()) + ".cpp";
  {
    std::ofstream file(source);
    for (const char* header : {"array", "string", "string_view", "vector"})
      file << "#include <" << header << ">\n";
    for (const char* header : {"condition", "connection", "joinable_queue", "pool", "queue",
                               "shared_array", "spsc_ring", "value"})
      file << "#include \"kernels/sharing/" << header << ".hpp\"\n";
    for (std::size_t i = 0; i < bodies.size(); ++i)
      file << "void function_" << i << "() { " << bodies[i] << " }\n";
  }
  const std::string command = fmt::format("{} -std=c++20 -fsyntax-only -I'{}' '{}' 2>&1",
                                          PARLAB_COMPILER, PARLAB_SOURCE, source);
  FILE* compiler = popen(command.c_str(), "r");
  if (compiler == nullptr) return {-1, "popen failed"};
  std::string output;
  std::array<char, 4096> piece{};
  while (const std::size_t size = fread(piece.data(), 1, piece.size(), compiler))
    output.append(piece.data(), size);
  const int status = pclose(compiler);
  unlink(source.c_str());
  return {status, output};
}

class CrossingTest : public SharingTest {};

TEST_F(CrossingTest, CompilesWhatIsRight) {
  const auto [status, output] = compile({right});
  EXPECT_EQ(status, 0) << output;
}

TEST_F(CrossingTest, TellsInWordsWhatIsWrongWithEach) {
  std::vector<std::string> bodies;
  for (const Snippet& snippet : wrong) bodies.push_back(snippet.body);
  const auto [status, output] = compile(bodies);
  EXPECT_NE(status, 0);
  std::map<std::string, int> expected;
  for (const Snippet& snippet : wrong) ++expected[snippet.reason];
  for (const auto& [reason, times] : expected) {
    int found = 0;
    for (std::size_t at = 0; (at = output.find(reason, at)) != std::string::npos; ++at) ++found;
    EXPECT_GE(found, times) << reason << "\n" << output;
  }
}

}  // namespace
}  // namespace parlab
