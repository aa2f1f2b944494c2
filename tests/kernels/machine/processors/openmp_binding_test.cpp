// What of an environment binds, and that a thread which OpenMP has bound is told from one that the
// program has bound itself. With a runtime that binds: tests/experiments/measure/race/binding_test.cpp.

#include "kernels/machine/processors/openmp_binding.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace parlab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

std::map<std::string, std::string> binding_of(std::vector<std::string> variables) {
  std::vector<char*> block;
  for (std::string& variable : variables) block.push_back(variable.data());
  block.push_back(nullptr);
  return openmp_binding(block.data());
}

TEST(OpenMPBinding, IsAskedForByAnyOfFourVariables) {
  for (const char* name : {"OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY"})
    EXPECT_THAT(binding_of({"HOME=/", std::string(name) + "=close,spread", "A"}),
                ElementsAre(Pair(name, "close,spread")));
  EXPECT_THAT(binding_of({"OMP_PROC_BIND=close", "OMP_PLACES=cores"}),
              ElementsAre(Pair("OMP_PLACES", "cores"), Pair("OMP_PROC_BIND", "close")));
}

TEST(OpenMPBinding, IsNotAskedForByOthersOrByValuesThatSayNo) {
  EXPECT_THAT(binding_of({}), IsEmpty());
  EXPECT_THAT(openmp_binding(nullptr), IsEmpty());
  EXPECT_THAT(binding_of({"OMP_NUM_THREADS=2", "OMP_PROC_BINDING=true", "XOMP_PLACES=cores"}),
              IsEmpty());
  EXPECT_THAT(binding_of({"OMP_PROC_BIND="}), IsEmpty());
  EXPECT_THAT(binding_of({"OMP_PROC_BIND=FALSE"}), IsEmpty());
  EXPECT_THAT(binding_of({"KMP_AFFINITY=none,verbose"}), IsEmpty());
  EXPECT_THAT(binding_of({"KMP_AFFINITY=disabled"}), IsEmpty());
}

TEST(OpenMPBinding, IsRefusedForAllButLlvmsVariableByOmpProcBind) {
  EXPECT_THAT(binding_of({"OMP_PLACES=cores", "OMP_PROC_BIND=false", "GOMP_CPU_AFFINITY=0"}),
              IsEmpty());
  EXPECT_THAT(binding_of({"KMP_AFFINITY=compact", "OMP_PROC_BIND=false"}),
              ElementsAre(Pair("KMP_AFFINITY", "compact")));
}

TEST(UnboundFromOpenMP, LeavesAloneWhatTheProgramItselfHasBound) {
  const ProcessorSet before = processors_of_thread();
  ProcessorSet one{};
  one.add(before.numbers().back());
  bind_thread(one);
  EXPECT_EQ(processors_without_openmp(), one);
  {
    const UnboundFromOpenMP unbound;
    EXPECT_EQ(processors_of_thread(), one);
  }
  unbind_main_thread();
  EXPECT_EQ(processors_of_thread(), one);
  bind_thread(before);
}

}  // namespace
}  // namespace parlab
