#pragma once

// The same small program in seven styles, each in its own source that fits on a screen, to be
// read side by side: by_hand.cpp, asio_post.cpp, callback_loop.cpp, std_futures.cpp,
// asio_futures.cpp, coroutine_loop.cpp, stackful_loop.cpp.
//
// 1. hello and world take turns on one thread: hello says its word and lets world run, world says
//    its word and lets hello run. What is left when nothing is computed is the switch.
// 2. Many tasks wait at once, each for the same event, and each then adds its number to a sum:
//    what one waiting task keeps in memory is what the style costs.

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/base/function_ref.hpp"

namespace parlab {

/// What hello and world have said so far, as a number that tells every order from every other (but
/// for one chance in 2^64).
class Conversation {
 public:
  /// It ends after so many words.
  explicit Conversation(std::uint64_t words) : left_(words) {}

  /// Says a word. Returns whether the conversation goes on.
  bool hello() { return say(1); }
  bool world() { return say(2); }

  bool goes_on() const { return left_ > 0; }
  std::uint64_t said() const { return said_; }

 private:
  bool say(std::uint64_t word) {
    said_ = (said_ + word) * 0x9E3779B97F4A7C15;
    return --left_ > 0;
  }

  std::uint64_t left_;
  std::uint64_t said_ = 0;
};

struct LoopStyle {
  std::string name;
  std::string what;  // how it goes on after a wait, in a line
  /// hello and world take so many turns, at least one; returns Conversation::said().
  std::uint64_t (*hello_world)(std::uint64_t turns);
  /// Tasks 1 to `tasks` wait at once; calls all_wait(), then lets them go on. Returns the sum of
  /// their numbers.
  std::uint64_t (*wait_at_once)(std::uint64_t tasks, FunctionRef<void()> all_wait);
};

/// Those that this build has, the hand-made one first.
std::vector<LoopStyle> loop_styles();

LoopStyle by_hand_style();
LoopStyle asio_post_style();
LoopStyle callback_style();
LoopStyle std_future_style();
LoopStyle asio_future_style();
LoopStyle coroutine_style();
LoopStyle stackful_style();

}  // namespace parlab
