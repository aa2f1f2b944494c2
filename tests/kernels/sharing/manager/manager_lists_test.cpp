// Lists and arrays of a manager do what CPython's do; each expected value is CPython's own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/posix/process/child_process.hpp"
#include "tests/kernels/sharing/manager/manager_test.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;
using Data = ManagedData;

class ManagerListsTest : public ManagerTest {
 protected:
  ManagedList list(const Data& values = Data::array()) { return manager().list(values); }

  /// A list after one call, or "refused" where the call threw; then it must be as it was.
  template <class Change>
  Data after(const Data& values, const Change& change) {
    const ManagedList changed = list(values);
    try {
      change(changed);
    } catch (const ManagerError&) {
      EXPECT_EQ(changed.all(), values) << "a call that was refused";
      return "refused";
    }
    return changed.all();
  }
};

// Does not compile, because 1.9 would be cut to 1.
template <class T>
concept TakesFractions = requires(const T& proxy) {
  proxy.get(1.9);
}
|| requires(const T& proxy) { proxy.pop(1.9); }
|| requires(const T& proxy) { proxy.add(1.9); }
|| requires(const T& proxy) { proxy.get_many(1.9); };
static_assert(!TakesFractions<ManagedList> && !TakesFractions<ManagedArray> &&
              !TakesFractions<ManagedCounter> && !TakesFractions<ManagedQueue>);
static_assert(!std::is_constructible_v<WholeNumber, double> &&
              !std::is_constructible_v<WholeNumber, float>);

TEST_F(ManagerListsTest, ExtendByWhateverCanBeLoopedOver) {
  const auto extended = [&](const Data& by) {
    return after({0}, [&](const ManagedList& l) { l.extend(by); });
  };
  EXPECT_EQ(extended(Data::array({1, "two"})), Data({0, 1, "two"}));
  EXPECT_EQ(extended("abc"), Data({0, "a", "b", "c"}));
  EXPECT_EQ(extended("\u00e9\u20ac\U0001f600z"), Data({0, "\u00e9", "\u20ac", "\U0001f600", "z"}));
  EXPECT_EQ(extended("\xff\xe2\x82"), Data({0, "\xff", "\xe2", "\x82"})) << "no UTF-8";
  EXPECT_EQ(extended(Data::object({{"a", 1}, {"b", 2}})), Data({0, "a", "b"}));
  EXPECT_EQ(extended(Data::binary({7, 255})), Data({0, 7, 255}));
  for (const Data& nothing : {Data::array(), Data::object(), Data(""), Data::binary({})})
    EXPECT_EQ(extended(nothing), Data::array({0}));
  for (const Data& single : {Data(5), Data(1.5), Data(true), Data(nullptr)})
    EXPECT_EQ(extended(single), "refused") << single;
  const ManagedList other = list({8, 9});
  EXPECT_EQ(after({0}, [&](const ManagedList& l) { l.extend(other); }), Data({0, 8, 9}));
}

TEST_F(ManagerListsTest, SayWhatIsWrongWithAnArgument) {
  const auto message = [&](const auto& call) -> std::string {
    try {
      call();
    } catch (const ManagerError& error) {
      return error.what();
    }
    return "";
  };
  const ManagedList l = list({1, 2, 3});
  EXPECT_THAT(message([&] { l.extend(5); }), HasSubstr("a whole number has no elements"));
  EXPECT_THAT(message([&] { l.call("get", 1.9); }), HasSubstr("a number with a fraction"));
  EXPECT_THAT(message([&] { l.call("pop", "0"); }), HasSubstr("a string"));
  EXPECT_THAT(message([&] { l.call("set", {1, 2, 3}); }), HasSubstr("2 arguments"));
  EXPECT_THAT(message([&] { l.call("set", 1); }), HasSubstr("2 arguments"));
  EXPECT_THAT(message([&] { l.call("size", 1); }), HasSubstr("no arguments"));
  EXPECT_THAT(message([&] { l.call("sort", 1); }), HasSubstr("true or false"));
  EXPECT_THAT(message([&] { l.pop(1ULL << 63); }), HasSubstr("2^63"));
  EXPECT_THAT(message([&] { manager().list(7); }), HasSubstr("no elements"));
  EXPECT_EQ(l.all(), Data({1, 2, 3}));
}

TEST_F(ManagerListsTest, BeginAsPythonsListOfTheSame) {
  EXPECT_EQ(list("ab").all(), Data({"a", "b"}));
  EXPECT_EQ(list(Data::object({{"k", 1}})).all(), Data::array({"k"}));
  EXPECT_EQ(manager().array("ab").all(), Data({"a", "b"}));
}

TEST_F(ManagerListsTest, InsertRemoveAndPopWherePythonDoes) {
  const auto inserted = [&](int at) {
    return after({0, 1, 2}, [&](const ManagedList& l) { l.insert(at, "x"); });
  };
  EXPECT_EQ(inserted(0), Data({"x", 0, 1, 2}));
  EXPECT_EQ(inserted(1), Data({0, "x", 1, 2}));
  EXPECT_EQ(inserted(99), Data({0, 1, 2, "x"}));
  EXPECT_EQ(inserted(-1), Data({0, 1, "x", 2}));
  EXPECT_EQ(inserted(-99), Data({"x", 0, 1, 2}));
  const auto removed = [&](const Data& value) {
    return after({1, "a", 1, nullptr}, [&](const ManagedList& l) { l.remove(value); });
  };
  EXPECT_EQ(removed(1), Data({"a", 1, nullptr}));
  EXPECT_EQ(removed(1.0), Data({"a", 1, nullptr}));
  EXPECT_EQ(removed(nullptr), Data({1, "a", 1}));
  EXPECT_EQ(removed("b"), "refused");
  EXPECT_EQ(after(Data::array(), [](const ManagedList& l) { l.pop(); }), "refused");
  EXPECT_EQ(after({0, 1, 2}, [](const ManagedList& l) { EXPECT_EQ(l.pop(-2), 1); }), Data({0, 2}));
  EXPECT_EQ(after({0, 1}, [](const ManagedList& l) { l.pop(2); }), "refused");
  EXPECT_EQ(after({0, 1, 2}, [](const ManagedList& l) { l.erase(-1); }), Data({0, 1}));
  EXPECT_EQ(after({0}, [](const ManagedList& l) { l.erase(1); }), "refused");
}

TEST_F(ManagerListsTest, FindValuesAsPythonComparesThem) {
  const Data values = {1, "a", 2.0, true, {1, 2}, nullptr, {{"k", 1}}};
  const ManagedList l = list(values);
  EXPECT_EQ(l.count(1), 2u) << "true is 1";
  EXPECT_EQ(l.index(2), 2u);
  EXPECT_EQ(l.index(Data::array({1.0, 2})), 4u);
  EXPECT_EQ(l.index(Data::object({{"k", true}})), 6u);
  EXPECT_EQ(l.index(true, 1), 3u);
  EXPECT_EQ(l.index(1, -5), 3u);
  EXPECT_THROW(l.index(1, 1, 3), ManagerError);
  EXPECT_THROW(l.index("b"), ManagerError);
  EXPECT_EQ(l.index("a", -99, 99), 1u);
  EXPECT_TRUE(l.contains(nullptr));
  EXPECT_FALSE(l.contains(false));
  EXPECT_FALSE(l.contains("1"));
  EXPECT_FALSE(l.contains(Data::array({1, 2, 3})));
  const std::int64_t odd = (std::int64_t{1} << 53) + 1;
  EXPECT_FALSE(list(Data::array({odd})).contains(9007199254740992.0)) << "compared exactly";
}

TEST_F(ManagerListsTest, SortByPythonsOrder) {
  const auto sorted = [&](const Data& values, bool backwards = false) {
    return after(values, [&](const ManagedList& l) { l.sort(backwards); });
  };
  EXPECT_EQ(sorted({3, 1.5, true, -2}), Data({-2, true, 1.5, 3}));
  EXPECT_EQ(sorted({"b", "B", "", "aa", "\u00e9"}), Data({"", "B", "aa", "b", "\u00e9"}));
  EXPECT_EQ(sorted({{1, 2}, {1}, {0, 9}, Data::array()}),
            Data({Data::array(), {0, 9}, {1}, {1, 2}}));
  EXPECT_EQ(sorted({1, 3, 2}, true), Data({3, 2, 1}));
  // Stable, backwards too: equal values keep their order.
  EXPECT_EQ(sorted({2, 1, 1.0, true}).dump(), "[1,1.0,true,2]");
  EXPECT_EQ(sorted({1, 1.0, true, 2}, true).dump(), "[2,1,1.0,true]");
  const std::int64_t odd = (std::int64_t{1} << 53) + 1;
  EXPECT_EQ(sorted(Data::array({odd, 9007199254740992.0})).dump(),
            "[9.007199254740992e+15,9007199254740993]");
  for (const Data& unordered : {Data({1, "a"}), Data({nullptr, 1}), Data({1, nullptr, 2}),
                                Data::array({Data::object(), Data::object()}), Data({{1}, 1})})
    EXPECT_EQ(sorted(unordered), "refused") << unordered;
  EXPECT_EQ(sorted(Data::array({nullptr})), Data::array({nullptr})) << "alone";
  const ManagedList nan = list({1.0, std::nan(""), 0.0});
  EXPECT_THROW(nan.sort(), ManagerError);
  EXPECT_EQ(nan.get(2), 0.0);
}

TEST_F(ManagerListsTest, ReverseRepeatJoinAndClear) {
  EXPECT_EQ(after({1, 2, 3}, [](const ManagedList& l) { l.reverse(); }), Data({3, 2, 1}));
  EXPECT_EQ(after({1, 2}, [](const ManagedList& l) { l *= 2; }), Data({1, 2, 1, 2}));
  EXPECT_EQ(after({1, 2}, [](const ManagedList& l) { l *= 0; }), Data::array());
  EXPECT_EQ(after({1, 2}, [](const ManagedList& l) { l *= -1; }), Data::array());
  EXPECT_EQ(after({1, 2}, [](const ManagedList& l) { l *= 1LL << 62; }), "refused");
  EXPECT_EQ(after({1}, [](const ManagedList& l) { l += "ab"; }), Data({1, "a", "b"}));
  EXPECT_EQ(after({1}, [](const ManagedList& l) { l.clear(); }), Data::array());
  const ManagedList l = list({1, 2});
  EXPECT_EQ(l + Data({3, 4}), Data({1, 2, 3, 4}));
  EXPECT_EQ(l + l, Data({1, 2, 1, 2}));
  EXPECT_EQ(l * 3, Data({1, 2, 1, 2, 1, 2}));
  EXPECT_EQ(l * -3, Data::array());
  EXPECT_THROW(l + Data("ab"), ManagerError);
  EXPECT_EQ(l.copy(), Data({1, 2})) << "all that gave copies";
  const ManagedList itself = list({1, 2});
  itself.extend(itself);
  EXPECT_EQ(itself.all(), Data({1, 2, 1, 2}));
}

TEST_F(ManagerListsTest, LoopsSeeTheListAsItBegan) {
  const ManagedList l = list({1, 2, 3});
  Data seen = Data::array();
  for (const Data& value : l) {
    seen.push_back(value);
    l.append(0);
  }
  EXPECT_EQ(seen, Data({1, 2, 3}));
  EXPECT_EQ(l.size(), 6u);
  EXPECT_EQ(list().begin(), ManagedList::end());
}

struct SliceCase {
  ManagedSlice slice;
  Data got;
  Data erased;
};

TEST_F(ManagerListsTest, SliceAsPythonDoes) {
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const Data none = Data::array();
  const Data six = {0, 1, 2, 3, 4, 5};
  const std::vector<SliceCase> cases = {
      {{}, six, none},
      {{.start = 2}, {2, 3, 4, 5}, {0, 1}},
      {{.stop = 2}, {0, 1}, {2, 3, 4, 5}},
      {{.start = 1, .stop = -1}, {1, 2, 3, 4}, {0, 5}},
      {{.start = -2}, {4, 5}, {0, 1, 2, 3}},
      {{.start = 4, .stop = 2}, none, six},
      {{.start = -99, .stop = 99}, six, none},
      {{.start = 6}, none, six},
      {{.step = 2}, {0, 2, 4}, {1, 3, 5}},
      {{.start = 1, .step = 2}, {1, 3, 5}, {0, 2, 4}},
      {{.step = -1}, {5, 4, 3, 2, 1, 0}, none},
      {{.start = 4, .stop = 1, .step = -1}, {4, 3, 2}, {0, 1, 5}},
      {{.start = 4, .step = -2}, {4, 2, 0}, {1, 3, 5}},
      {{.start = 99, .stop = -99, .step = -3}, {5, 2}, {0, 1, 3, 4}},
      {{.start = 0, .stop = 5, .step = 3}, {0, 3}, {1, 2, 4, 5}},
      {{.step = most}, Data::array({0}), {1, 2, 3, 4, 5}},
      {{.step = least}, Data::array({5}), {0, 1, 2, 3, 4}},
      {{.start = least, .stop = most}, six, none},
      {{.start = most, .stop = least, .step = -1}, {5, 4, 3, 2, 1, 0}, none},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(list(six).slice(cases[i].slice), cases[i].got);
    EXPECT_EQ(manager().array(six).slice(cases[i].slice), cases[i].got);
    EXPECT_EQ(after(six, [&](const ManagedList& l) { l.erase_slice(cases[i].slice); }),
              cases[i].erased);
  }
  EXPECT_THROW(list(six).slice({.step = 0}), ManagerError);
  EXPECT_EQ(list().slice({.step = -1}), none);
}

TEST_F(ManagerListsTest, TakeValuesInPlaceOfASlice) {
  const auto replaced = [&](const ManagedSlice& slice, const Data& values) {
    return after({0, 1, 2, 3}, [&](const ManagedList& l) { l.set_slice(slice, values); });
  };
  EXPECT_EQ(replaced({.start = 1, .stop = 3}, {"x"}), Data({0, "x", 3}));
  EXPECT_EQ(replaced({.start = 1, .stop = 3}, Data::array()), Data({0, 3}));
  EXPECT_EQ(replaced({.start = 1, .stop = 1}, {7, 8}), Data({0, 7, 8, 1, 2, 3}));
  EXPECT_EQ(replaced({.start = 3, .stop = 1}, {7}), Data({0, 1, 2, 7, 3})) << "before its start";
  EXPECT_EQ(replaced({.start = 9}, "ab"), Data({0, 1, 2, 3, "a", "b"}));
  EXPECT_EQ(replaced({.step = 2}, {"x", "y"}), Data({"x", 1, "y", 3}));
  EXPECT_EQ(replaced({.step = -1}, {0, 1, 2, 3}), Data({3, 2, 1, 0}));
  EXPECT_EQ(replaced({.step = 2}, {"x"}), "refused");
  EXPECT_EQ(replaced({.step = 0}, {"x"}), "refused");
  EXPECT_EQ(replaced({}, 5), "refused");
  const ManagedArray array = manager().array({0, 1, 2});
  array.set_slice({.start = 1}, {"x", "y"});
  EXPECT_EQ(array.all(), Data({0, "x", "y"}));
  EXPECT_THROW(array.set_slice({.start = 1}, {"x"}), ManagerError) << "an array keeps its size";
  for (const char* method : {"append", "extend", "erase", "repeat", "clear", "pop"})
    EXPECT_THROW(array.call(method, 1), ManagerError) << method;
}

TEST_F(ManagerListsTest, CountersAndQueuesTakeWholeNumbersOnly) {
  const ManagedCounter counter = manager().counter(5);
  for (const Data& bad : {Data(1.9), Data(1.0), Data("1"), Data(true), Data(nullptr),
                          Data(1ULL << 63), Data::array({1})})
    EXPECT_THROW(counter.call("add", bad), ManagerError) << bad;
  EXPECT_EQ(counter.get(), 5);
  EXPECT_EQ(counter.add(-7), -2);
  EXPECT_THROW(counter.add(1ULL << 63), ManagerError);
  EXPECT_THROW(counter.call("get", 1), ManagerError);
  const ManagerClient& client = manager().client();
  EXPECT_THROW(managed<ManagedCounter>(client, "Counter", {.initial = 1.5}), ManagerError);
  EXPECT_THROW(managed<ManagedQueue>(client, "Queue", {.initial = 1.5}), ManagerError);
  EXPECT_THROW(managed<ManagedQueue>(client, "Queue", {.initial = "3"}), ManagerError);
  EXPECT_THROW(managed<ManagedLock>(client, "Lock", {.initial = 3}), ManagerError);
  EXPECT_THROW(managed<ManagedEvent>(client, "Event", {.initial = true}), ManagerError);
  const ManagedQueue unbounded = manager().queue(-1);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(unbounded.put(i, std::chrono::seconds(0)));
  EXPECT_THROW(unbounded.get_many(-1), ManagerError);
  EXPECT_THAT(unbounded.get_many(0), testing::IsEmpty());
  EXPECT_EQ(unbounded.size(), 100u);
  const ManagedEvent event = manager().event();
  EXPECT_THROW(event.call("set", false), ManagerError) << "would be set by it";
  EXPECT_FALSE(event.is_set());
}

}  // namespace
}  // namespace parlab
