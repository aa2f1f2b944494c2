// Dicts of a manager do what CPython's do; each expected value is CPython's own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/posix/process/child_process.hpp"
#include "tests/kernels/sharing/manager/manager_test.hpp"

namespace parlab {
namespace {

using testing::ElementsAre;
using Data = ManagedData;

class ManagerDictsTest : public ManagerTest {};

TEST_F(ManagerDictsTest, GetWithAndWithoutADefault) {
  const ManagedDict dict = manager().dict({{"a", 1}, {"none", nullptr}});
  EXPECT_EQ(dict.get("a"), 1);
  EXPECT_EQ(dict.get("a", 5), 1);
  EXPECT_EQ(dict.get("b", 5), 5);
  EXPECT_EQ(dict.get("b", nullptr), nullptr);
  EXPECT_EQ(dict.get("none", 5), nullptr);
  EXPECT_EQ(dict.get("b", {1, 2}), Data({1, 2}));
  EXPECT_THROW(dict.get("b"), ManagerError);
  EXPECT_FALSE(dict.contains("b")) << "asking sets nothing";
}

TEST_F(ManagerDictsTest, SetdefaultSetsOnce) {
  const ManagedDict dict = manager().dict();
  EXPECT_EQ(dict.setdefault("a", 1), 1);
  EXPECT_EQ(dict.setdefault("a", 2), 1);
  EXPECT_EQ(dict.setdefault("b"), nullptr);
  EXPECT_EQ(dict.all(), Data({{"a", 1}, {"b", nullptr}}));
}

TEST_F(ManagerDictsTest, SetdefaultIsAtomicBetweenProcesses) {
  const ManagedDict dict = manager().dict();
  const ManagedList winners = manager().list();
  std::vector<ChildProcess> children;
  for (int child = 0; child < 4; ++child)
    children.push_back(ChildProcess::fork([&, child] {
      for (int i = 0; i < 50; ++i)
        if (dict.setdefault(std::to_string(i), child) == child) winners.append(i);
    }));
  for (ChildProcess& child : children) EXPECT_TRUE(child.wait().success());
  EXPECT_EQ(winners.size(), 50u) << "each key was set by one";
}

TEST_F(ManagerDictsTest, PopAndPopitem) {
  const ManagedDict dict = manager().dict();
  for (const char* key : {"z", "a", "m"}) dict.set(key, key);
  EXPECT_EQ(dict.pop("a"), "a");
  EXPECT_EQ(dict.pop("a", 7), 7);
  EXPECT_THROW(dict.pop("a"), ManagerError);
  EXPECT_EQ(dict.popitem(), (std::pair<std::string, Data>("m", "m"))) << "the last that came";
  EXPECT_EQ(dict.popitem().first, "z");
  EXPECT_THROW(dict.popitem(), ManagerError);
}

TEST_F(ManagerDictsTest, KeepTheOrderInWhichKeysCame) {
  const ManagedDict dict = manager().dict();
  for (const char* key : {"z", "a", "m"}) dict.set(key, std::string(key) + "!");
  dict.set("z", 1);
  EXPECT_THAT(dict.keys(), ElementsAre("z", "a", "m")) << "a new value keeps its key's place";
  EXPECT_THAT(dict.values(), ElementsAre(Data(1), Data("a!"), Data("m!")));
  EXPECT_THAT(dict.items(), ElementsAre(testing::Pair("z", Data(1)), testing::Pair("a", Data("a!")),
                                        testing::Pair("m", Data("m!"))));
  dict.erase("z");
  dict.set("z", 2);
  EXPECT_THAT(dict.keys(), ElementsAre("a", "m", "z"));
  std::vector<std::string> seen;
  for (const std::string& key : dict) {
    seen.push_back(key);
    dict.set(key + key, 0);
  }
  EXPECT_THAT(seen, ElementsAre("a", "m", "z")) << "as they were when the loop began";
  EXPECT_EQ(dict.size(), 6u);
}

TEST_F(ManagerDictsTest, UpdateByDictsAndByPairs) {
  const ManagedDict dict = manager().dict({{"a", 0}});
  dict.update(Data::object({{"a", 1}, {"b", 2}}));
  dict.update(Data::array({Data::array({"c", 3}), "d4"}));
  dict.update(manager().dict({{"e", {1, 2}}}));
  dict.update(Data::object());
  dict.update(Data::array());
  dict.update("");
  EXPECT_EQ(dict.all(), Data({{"a", 1}, {"b", 2}, {"c", 3}, {"d", "4"}, {"e", {1, 2}}}));
}

TEST_F(ManagerDictsTest, UpdateRefusesWhatIsNoDictAndSetsNothing) {
  const ManagedDict dict = manager().dict({{"a", 0}});
  for (const Data& bad :
       {Data(5), Data(nullptr), Data(true), Data("ab"), Data::array({1, 2}), Data::array({"abc"}),
        Data::array({Data::array({"b", 1}), Data::array({"c"})}),
        Data::array({Data::array({"b", 1}), Data::array({1, "number for a key"})})})
    EXPECT_THROW(dict.update(bad), ManagerError) << bad;
  EXPECT_EQ(dict.all(), Data({{"a", 0}})) << "also not the pairs before the wrong one";
  EXPECT_THROW(manager().dict(7), ManagerError);
  EXPECT_THROW(manager().dict(Data::array({1})), ManagerError);
  EXPECT_EQ(manager().dict(Data::array({Data::array({"k", 1})})).all(), Data({{"k", 1}}));
}

TEST_F(ManagerDictsTest, RefuseKeysAndArgumentsOfAnotherKind) {
  const ManagedDict dict = manager().dict({{"1", 0}});
  for (const char* method : {"get", "contains", "erase", "pop"})
    for (const Data& key : {Data(1), Data(1.5), Data(nullptr), Data::array({"1"})})
      EXPECT_THROW(dict.call(method, key), ManagerError) << method << key;
  for (const char* method : {"size", "keys", "values", "items", "popitem", "clear", "all"})
    EXPECT_THROW(dict.call(method, "1"), ManagerError) << method;
  EXPECT_THROW(dict.call("setdefault", {"a", 1, 2}), ManagerError);
  EXPECT_EQ(dict.all(), Data({{"1", 0}}));
}

TEST_F(ManagerDictsTest, ClearAndCopy) {
  const ManagedDict dict = manager().dict({{"a", 1}});
  const Data copy = dict.copy();
  dict.clear();
  EXPECT_EQ(dict.size(), 0u);
  EXPECT_EQ(dict.begin(), ManagedDict::end());
  EXPECT_EQ(copy, Data({{"a", 1}}));
  EXPECT_TRUE(manager().name_space({{"x", 1}}).contains("x"));
}

}  // namespace
}  // namespace parlab
