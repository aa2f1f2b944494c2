// Bad input of the verbs that ask web servers: exit code 2, one line that says what to do, nothing written.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using Words = std::vector<std::string>;

constexpr char nobody[] = "http://127.0.0.1:1/";

/// Bad for each verb.
const std::vector<Words> bad_words = {
    {},
    {"file:///etc/passwd"},
    {"no address"},
    {"http://127.0.0.1:99999/"},
    {nobody, "file:///x"},
    {nobody, "--json", "missing/x"},
    {nobody, "--json", ""},
    {nobody, "--json", "."},
    {nobody, "--depth", "-1"},
    {nobody, "--at-once", "0"},
    {nobody, "--per-host", "many"},
    {nobody, "--timeout", "0"},
    {nobody, "--delay", "soon"},
    {nobody, "--retries", "101"},
    {nobody, "--page-bytes", "0"},
    {nobody, "--host", "http://h/x"},
    {nobody, "--prefix", "docs"},
    {nobody, "--ca", "missing"},
    {nobody, "--agent", "a\r\nX: y"},
    {nobody, "--agent", ""},
    {nobody, "--no-such-option"},
};

void expect_refusal(const std::string& verb, Words words) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "not-a-cache") << "hello\n";
  words.insert(words.begin(), verb);
  const Ended ended = run_parlab(words, folder.path());
  EXPECT_EQ(ended.code, 2) << testing::PrintToString(words) << ended.err;
  EXPECT_THAT(ended.err, testing::StartsWith("parlab: "));
  EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(folder.files().size(), 1U) << testing::PrintToString(words);
}

class BadAddresses : public testing::TestWithParam<const char*> {};

TEST_P(BadAddresses, AreRefusedInOneLine) {
  for (const Words& words : bad_words) expect_refusal(GetParam(), words);
}

INSTANTIATE_TEST_SUITE_P(Verbs, BadAddresses, testing::Values("crawl", "check"),
                         [](const auto& verb) { return std::string(verb.param); });

TEST(BadAddressesOfCheck, AreRefusedInOneLine) {
  for (const Words& words : std::vector<Words>{{nobody, "--cache", "not-a-cache"},
                                               {nobody, "--cache-age", "soon"},
                                               {nobody, "--junit", "."},
                                               {nobody, "--ignor", "x"},
                                               {nobody, "http://127.0.0.2:1/"}})
    expect_refusal("check", words);
}

TEST(BadAddressesOfCrawl, AreRefusedInOneLine) {
  for (const Words& words : std::vector<Words>{{nobody, "--state", "/nowhere/state"},
                                               {"nonsense", "--state", "state"},
                                               {nobody, "--pages", "0"},
                                               {nobody, "--bytes", "0"},
                                               {nobody, "--retry-failed"},
                                               {nobody, "--header", "Host: x"},
                                               {nobody, "--credentials", "missing"},
                                               {nobody, "--edges", "missing/x"},
                                               {nobody, "--mirror", "m", "--save", "s"},
                                               {nobody, "--mirror", "."}})
    expect_refusal("crawl", words);
}

}  // namespace
}  // namespace parlab
