// The code of the guides is that of programs which the tests compile and run.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace parlab {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// That the guide of `subject`, a folder of kernels/, shows what its programs are.
void expect_code_of_each_program(const std::string& subject) {
  const std::string guide = text_of(PARLAB_SOURCE "/kernels/" + subject + "/GUIDE.md");
  const std::string folder = PARLAB_SOURCE "/tests/kernels/" + subject + "/programs/";
  std::set<std::string> shown;
  const std::string opening = " -->\n```cpp\n";
  for (std::size_t at = 0; (at = guide.find("<!-- ", at)) != std::string::npos;) {
    const std::size_t name = at + 5;
    const std::size_t name_end = guide.find(opening, name);
    ASSERT_NE(name_end, std::string::npos);
    const std::size_t code = name_end + opening.size();
    const std::size_t code_end = guide.find("```\n", code);
    ASSERT_NE(code_end, std::string::npos);
    const std::string program = guide.substr(name, name_end - name);
    const std::string excerpt = guide.substr(code, code_end - code);
    EXPECT_NE(text_of(folder + program).find(excerpt), std::string::npos)
        << program << " has no longer:\n"
        << excerpt;
    shown.insert(program);
    at = code_end;
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    EXPECT_TRUE(shown.contains(entry.path().filename().string())) << entry.path();
}

TEST(SharingGuide, ShowsCodeOfEachProgramAsItIs) { expect_code_of_each_program("sharing"); }
TEST(ManagerGuide, ShowsCodeOfEachProgramAsItIs) { expect_code_of_each_program("sharing/manager"); }

TEST(SharingGuide, NamesEveryHeaderThatItLinksTo) {
  const std::string guide = text_of(PARLAB_SOURCE "/kernels/sharing/GUIDE.md");
  for (std::size_t at = 0; (at = guide.find("](", at)) != std::string::npos;) {
    const std::size_t end = guide.find(')', at);
    const std::string header = guide.substr(at + 2, end - at - 2);
    if (header.ends_with(".hpp")) {  // not a lambda's ](
      EXPECT_TRUE(std::filesystem::exists(PARLAB_SOURCE "/kernels/sharing/" + header)) << header;
    }
    at = end;
  }
}

}  // namespace
}  // namespace parlab
