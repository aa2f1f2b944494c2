#pragma once

// How Python compares values, orders them, and takes them apart: what its lists and dicts do by.

#include <nlohmann/json_fwd.hpp>

namespace parlab {

/// What a loop over the value gives, as an array: a list's values, a dict's keys, a string's
/// characters, numbers for bytes. Throws std::invalid_argument for what cannot be looped over.
nlohmann::json elements_of(const nlohmann::json& value);

/// a == b: numbers by their value, exactly, and true as 1.
bool same_value(const nlohmann::json& a, const nlohmann::json& b);

/// a < b, for numbers, strings, bytes, and lists of such. Throws std::invalid_argument for what has
/// no order: values of two kinds, dicts, null, and (other than in Python) NaN.
bool value_before(const nlohmann::json& a, const nlohmann::json& b);

}  // namespace parlab
