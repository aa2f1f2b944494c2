#pragma once

#include <functional>
#include <string>
#include <thread>

namespace parlab {

/// A thread that runs work(). Where the machine or a limit allows no more, throws OutOfRoom, which
/// names it: "thread 7 of 64".
std::thread start_thread(std::function<void()> work, const std::string& which);

/// In a thread that serves the library: signals are for the threads of the program.
void block_all_signals();

}  // namespace parlab
