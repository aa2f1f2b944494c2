#pragma once

// What a client sent with a call, read strictly: a value of another kind than the method takes is
// refused with the reason, not cut or left out. All throw std::invalid_argument.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "kernels/sharing/manager/served_object.hpp"

namespace parlab {

/// For methods that take nothing.
void expect_no_arguments(const ServedCall& call);

/// An array of `least` to `most` arguments; what is missing is null.
nlohmann::json several_arguments(const ServedCall& call, std::size_t least, std::size_t most);

/// A whole number; `what` names it in the message. 1.0 is none, as in Python.
std::int64_t whole_number(const nlohmann::json& value, std::string_view what);
/// The same, not below 0.
std::uint64_t count_of(const nlohmann::json& value, std::string_view what);

const std::string& text_of(const nlohmann::json& value, std::string_view what);
bool truth_of(const nlohmann::json& value, std::string_view what);

/// "a number", "a string" and so on, for messages.
std::string_view kind_of(const nlohmann::json& value);

}  // namespace parlab
