// What must not compile, and that the compiler says why in words.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

struct Snippet {
  const char* name;
  const char* header;
  const char* body;
  const char* reason;
};

constexpr Snippet snippets[] = {
    {"Control", "value", "parlab::Value<double> v(1.5); v.set(2);", nullptr},
    {"ValueOfAString", "value", "parlab::Value<std::string> v;", "must be trivially copyable"},
    {"RawArrayOfVectors", "raw_value", "parlab::RawArray<std::vector<int>> a(3);",
     "must be trivially copyable"},
    {"ValueOfAPointer", "value", "parlab::Value<int*> v;", "share an index or an offset"},
    {"ValueOfAView", "value", "parlab::Value<std::string_view> v;", "share an index or an offset"},
    {"LargeRawValue", "raw_value", "parlab::RawValue<std::array<int, 4>> v;", "use Value<T>"},
    {"QueueOfAClass", "queue", "struct S { std::string s; }; parlab::Queue<S> q;",
     "cannot cross to another process"},
    {"SharedArrayOfStrings", "shared_array", "parlab::SharedArray<std::string> a({2});",
     "must be trivially copyable"},
    {"SendOfAPointer", "connection", "int i = 0; parlab::make_pipe().first.send(&i);",
     "send what it points to"},
    {"TaskWithACapture", "pool",
     "int i = 0; parlab::Pool(1).map([&i](int n) { return n + i; }, std::vector<int>{1});",
     "captures nothing"},
};

class CrossingTest : public testing::TestWithParam<Snippet> {};

// Each is a compiler's run: a second or two.
TEST_P(CrossingTest, IsToldInWords) {
  alarm(110);
  const Snippet& snippet = GetParam();
  const std::string source =
      testing::TempDir() + "crossing-" + snippet.name + "-" + std::to_string(getpid()) + ".cpp";
  std::ofstream(source) << "#include <array>\n#include <string>\n#include <string_view>\n"
                        << "#include <vector>\n#include \"kernels/sharing/" << snippet.header
                        << ".hpp\"\nint main() { " << snippet.body << " }\n";
  const std::string command = std::string(PARLAB_COMPILER) +
                              " -std=c++20 -fsyntax-only -I'" PARLAB_SOURCE "' '" + source +
                              "' 2>&1";
  FILE* compiler = popen(command.c_str(), "r");
  ASSERT_NE(compiler, nullptr);
  std::string output;
  std::array<char, 4096> piece{};
  while (const std::size_t size = fread(piece.data(), 1, piece.size(), compiler))
    output.append(piece.data(), size);
  const int status = pclose(compiler);
  unlink(source.c_str());
  if (snippet.reason == nullptr) {
    EXPECT_EQ(status, 0) << output;
  } else {
    EXPECT_NE(status, 0);
    EXPECT_THAT(output, testing::HasSubstr(snippet.reason));
  }
}

INSTANTIATE_TEST_SUITE_P(All, CrossingTest, testing::ValuesIn(snippets),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace parlab
