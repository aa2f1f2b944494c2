#include "kernels/base/registry.hpp"

#include <gmock/gmock.h>

#include <array>
#include <string>
#include <vector>

namespace parlab {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

struct Tree {
  std::string name;
  int height = 0;
};

int height_of(const Tree& tree) { return tree.height; }

TEST(Registry, HoldsEntriesByNameInWhateverOrderTheyCome) {
  Registry<Tree> trees;
  for (const char* name : {"oak", "ash", "yew", "elm"}) trees.add({name});
  EXPECT_THAT(names_of(trees.all()), ElementsAre("ash", "elm", "oak", "yew"));
}

TEST(Registry, OrdersByAnotherKeyAndKeepsTheOrderOfEqualOnes) {
  Registry<Tree, height_of> trees;
  for (const Tree& tree : {Tree{"oak", 30}, {"ash", 20}, {"yew", 20}}) trees.add(tree);
  EXPECT_THAT(names_of(trees.all()), ElementsAre("ash", "yew", "oak"));
}

TEST(FindEntry, IsNullWhereThereIsNone) {
  const std::array<Tree, 2> trees = {{{"oak", 30}, {"ash", 20}}};
  EXPECT_EQ(find_entry(trees, "ash"), &trees[1]);
  EXPECT_EQ(find_entry(trees, "as"), nullptr);
  EXPECT_EQ(find_entry(trees, ""), nullptr);
  const std::vector<Tree> none;
  EXPECT_EQ(find_entry(none, "oak"), nullptr);
}

TEST(EntryNamed, FindsWhatIsThereByReference) {
  std::array<Tree, 2> trees = {{{"oak", 30}, {"ash", 20}}};
  entry_named(trees, "tree", "ash").height = 21;
  EXPECT_THAT(trees, ElementsAre(Field(&Tree::height, 30), Field(&Tree::height, 21)));
}

TEST(EntryNamed, TellsTheNearestAndAllWhereThereIsNone) {
  const std::array<Tree, 2> trees = {{{"oak"}, {"ash"}}};
  try {
    entry_named(trees, "tree", "oka");
    FAIL() << "found a tree that is not there";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "unknown tree 'oka', did you mean 'oak'?; valid: oak, ash");
  }
}

TEST(RequireKnown, PassesWhatIsThereAndNamesWhatIsNot) {
  EXPECT_NO_THROW(require_known("tree", "ash", {"oak", "ash"}));
  EXPECT_THROW(require_known("tree", "", {"oak", "ash"}), UsageError);
  EXPECT_THROW(require_known("tree", "as", {"oak", "ash"}), UsageError);
}

}  // namespace
}  // namespace parlab
