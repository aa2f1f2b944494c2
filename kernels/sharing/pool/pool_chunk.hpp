#pragma once

// One chunk of a pool's call: its items, the function, and what came of them.

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/messages/wire.hpp"
#include "kernels/sharing/pool/worker_group.hpp"

namespace parlab {

/// Calls `function` with the parts of a tuple.
template <class Function>
struct Spread {
  [[no_unique_address]] Function function;
  template <class Tuple>
  decltype(auto) operator()(const Tuple& parts) const {
    return std::apply(function, parts);
  }
};

/// What means the same in a worker as here: a function's address, and a callable without state. A
/// lambda's captures would be copies, or addresses, of what the worker has not.
template <class Function>
constexpr bool is_same_in_a_worker = (std::is_empty_v<Function> &&
                                      std::is_default_constructible_v<Function>) ||
                                     (std::is_pointer_v<Function> &&
                                      std::is_function_v<std::remove_pointer_t<Function>>);
template <class Function>
constexpr bool is_same_in_a_worker<Spread<Function>> = is_same_in_a_worker<Function>;

/// The result of a function that returns nothing.
struct Nothing {};

template <class Function, class Item>
using TaskResult =
    std::conditional_t<std::is_void_v<std::invoke_result_t<const Function&, const Item&>>, Nothing,
                       std::remove_cvref_t<std::invoke_result_t<const Function&, const Item&>>>;

/// The result of function(arguments...).
template <class Function, class... Arguments>
using CallResult = std::conditional_t<
    std::is_void_v<std::invoke_result_t<const Function&, const Arguments&...>>, Nothing,
    std::remove_cvref_t<std::invoke_result_t<const Function&, const Arguments&...>>>;

template <class Function, class Item>
TaskResult<Function, Item> call_task(const Function& function, const Item& item) {
  if constexpr (std::is_void_v<std::invoke_result_t<const Function&, const Item&>>) {
    function(item);
    return {};
  } else {
    return function(item);
  }
}

/// Type and message of the exception that is being handled, to be thrown again elsewhere.
std::pair<std::string, std::string> describe_current_exception();

/// A chunk while it is under way. Shared by the call that waits for it and the group.
template <class Function, class Item, bool to_another_process>
class PoolChunk final : public PoolTask {
 public:
  using Result = TaskResult<Function, Item>;

  /// `on_finish` is called under the group's lock when all is in place.
  PoolChunk(std::uint64_t first_item, Function function, std::vector<Item> items,
            std::function<void(PoolChunk&)> on_finish)
      : PoolTask(first_item),
        function_(std::move(function)),
        items_(std::move(items)),
        on_finish_(std::move(on_finish)) {}

  std::size_t size() const { return items_.size(); }
  bool finished() const { return finished_; }

  /// The result of item `i` of the chunk; throws what it threw.
  Result take(std::size_t i) {
    if (failed_) std::rethrow_exception(failed_);
    const auto why = failures_.find(i);
    if (why != failures_.end()) std::rethrow_exception(why->second);
    if (failures_.empty()) return std::move(results_[i]);
    // Failed items have no place among the results.
    const auto before = std::distance(failures_.begin(), failures_.lower_bound(i));
    return std::move(results_[i - static_cast<std::size_t>(before)]);
  }
  /// The first failure of the chunk, or null.
  std::exception_ptr failure() const {
    if (failed_) return failed_;
    return failures_.empty() ? nullptr : failures_.begin()->second;
  }
  /// All results, where nothing failed.
  std::vector<Result>& results() { return results_; }

  Runner runner() const override {
    if constexpr (to_another_process)
      return run_there;
    else
      return nullptr;
  }

  void write_input(Bytes& message) const override {
    if constexpr (to_another_process) {
      if constexpr (!std::is_empty_v<Function>)
        Wire<FunctionBytes>::put(message, bytes_of(function_));
      put_on_wire(message, items_);
    }
  }

  void read_output(WireReader& output) override {
    if constexpr (to_another_process) {
      const auto failures = take_from_wire<std::vector<Failure>>(output);
      results_ = take_from_wire<std::vector<Result>>(output);
      for (const auto& [i, type, text] : failures)
        failures_.emplace(i, std::make_exception_ptr(TaskFailed(type, text)));
      if (results_.size() + failures_.size() != items_.size())
        throw BadMessage("a worker answered for another number of items than it got");
    }
  }

  void run_here() override {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      try {
        results_.push_back(call_task<Function, Item>(function_, items_[i]));
      } catch (...) {
        failures_.emplace(i, std::current_exception());
      }
    }
  }

  void fail(std::exception_ptr why) override { failed_ = std::move(why); }

  void finish() override {
    finished_ = true;
    if (on_finish_) on_finish_(*this);
  }

 private:
  using Failure = std::tuple<std::uint64_t, std::string, std::string>;  // item, type, message
  using FunctionBytes = std::array<std::byte, sizeof(Function)>;

  static FunctionBytes bytes_of(const Function& function) {
    FunctionBytes bytes;
    std::memcpy(bytes.data(), &function, sizeof(Function));
    return bytes;
  }
  static Function function_from(WireReader& input) {
    if constexpr (std::is_empty_v<Function>)
      return Function();
    else
      return std::bit_cast<Function>(Wire<FunctionBytes>::take(input));
  }

  /// In the worker. What an item throws, its result cannot be sent included, is its result.
  static void run_there(std::uint64_t first_item, WireReader& input, Bytes& output,
                        WorkerProgress& progress) {
    const Function function = function_from(input);
    const auto items = take_from_wire<std::vector<Item>>(input);
    std::vector<Failure> failures;
    Bytes results;
    std::uint64_t count = 0;
    results.reserve(items.size() * sizeof(Result));
    for (std::size_t i = 0; i < items.size(); ++i) {
      progress.at_item(first_item + i);
      const std::size_t before = results.size();
      try {
        put_on_wire<Result>(results, call_task<Function, Item>(function, items[i]));
        ++count;
      } catch (...) {
        results.resize(before);
        auto [type, message] = describe_current_exception();
        failures.emplace_back(i, std::move(type), std::move(message));
      }
    }
    put_on_wire(output, failures);
    put_on_wire(output, count);  // a vector on the wire: its size, then its elements
    output.insert(output.end(), results.begin(), results.end());
  }

  Function function_;
  std::vector<Item> items_;
  std::vector<Result> results_;
  std::map<std::size_t, std::exception_ptr> failures_;
  std::exception_ptr failed_;
  std::function<void(PoolChunk&)> on_finish_;
  bool finished_ = false;
};

}  // namespace parlab
