#include "experiments/base/parameters.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "experiments/base/json_text.hpp"

namespace parlab {

std::string ParameterValue::text() const {
  return is_text() ? std::get<std::string>(value_) : json_line(*this);
}

void ParameterValue::throw_other_type(std::string_view name) const {
  throw std::logic_error(
      fmt::format("parameter {} is {}, not of the type asked for", name, json_line(*this)));
}

const ParameterValue& parameter_named(const Parameters& parameters, std::string_view name) {
  const auto found = parameters.find(name);
  if (found != parameters.end()) return found->second;
  throw std::logic_error(fmt::format("the workload has no parameter {}", name));
}

void to_json(nlohmann::json& json, const ParameterValue& value) {
  std::visit([&](const auto& held) { json = held; }, value.value_);
}

}  // namespace parlab
