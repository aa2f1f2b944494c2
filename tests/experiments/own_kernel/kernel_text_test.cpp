// Which names of a file are taken for kernels and variables, whatever stands around them.

#include "experiments/own_kernel/kernel_text.hpp"

#include <gtest/gtest.h>

namespace parlab {
namespace {

using Words = std::vector<std::string>;

TEST(KernelText, TakesNamesAtNamespaceScope) {
  EXPECT_EQ(kernel_names("auto kernel_b = 1; void kernel(int kernel_inside) { int kernel_local; }\n"
                         "int parallel(int), parallel_omp; auto find = [] { find_it(); };\n"
                         "int kernels, finder, parallels, my_kernel;"),
            (Words{"kernel_b", "kernel", "parallel", "parallel_omp", "find"}));
}

TEST(KernelText, PassesCommentsLiteralsAndPreprocessorLines) {
  EXPECT_EQ(kernel_names("// kernel_a\n/* kernel_b\n kernel_c */ int x = '\\'' + 1'000'000;\n"
                         "#define kernel_d(x) \\\n  kernel_e\n  # pragma kernel_f\n"
                         "const char* s = \"kernel_g \\\" {\"; auto r = R\"a(} kernel_h )\" )a\";\n"
                         "char c = '{'; int kernel_z;"),
            (Words{"kernel", "kernel_z"}));  // the first may stand in what the file includes
}

TEST(KernelText, FindsVectorsAndArraysThatMayBeWritten) {
  EXPECT_EQ(variable_names(
                "std::vector<double> b(3, x < 2), a = {1}; static vector<std::pair<int, int>> c;\n"
                "std::array<int, (3 > 2)> d{1}; parlab::array<double> shared(3);\n"
                "void f(std::vector<int> g) { std::vector<int> h; }\n"
                "using V = std::vector<int>; std::vector<int> Type::member() {}"),
            (Words{"a", "b", "c", "d"}));
}

TEST(KernelText, NamesTheArraysOfALine) {
  const std::string text =
      "int x;\nparlab::array<float> a(size), b(size, [](auto i) { return f(i); }); grid<int> c(1, "
      "2);\n";
  EXPECT_EQ(arrays_of_line(text, 2), (Words{"a", "b", "c"}));
  EXPECT_EQ(arrays_of_line(text, 1), Words{});
  EXPECT_EQ(arrays_of_line(text, 9), Words{});
}

}  // namespace
}  // namespace parlab
