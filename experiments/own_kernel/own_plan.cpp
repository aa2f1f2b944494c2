#include "experiments/own_kernel/own_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <sstream>

#include "experiments/options/quantity.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"

namespace parlab {
namespace {

/// Each is compiled or loaded before the race: more are a typing error.
constexpr std::size_t max_combinations = 256;

/// A name and what it is set to in one combination.
struct Setting {
  std::string name, text;
  ParameterValue value;
};
using Settings = std::vector<Setting>;

/// A compiler and flags, and how the arms call them: "clang++ -O2".
struct Build {
  std::string compiler, flags, name;
};

std::vector<std::string> pieces_of(const std::string& text, char separator) {
  std::vector<std::string> pieces;
  std::istringstream words(text);
  for (std::string piece; std::getline(words, piece, separator);) pieces.push_back(piece);
  if (text.ends_with(separator)) pieces.emplace_back();
  return pieces;
}

double number_of(const std::string& text) {
  double value = NAN;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : NAN;
}

/// A quantity, with a sign or not, or a number with a point.
Setting setting(const std::string& name, const std::string& text) {
  const bool negative = text.starts_with('-');
  const std::string size = text.substr(negative ? 1 : 0);
  try {
    const std::uint64_t whole = parse_quantity(name, size);
    if (!negative) return {name, fmt::to_string(whole), whole};
    if (whole <= std::uint64_t{1} << 63) {
      const auto value = static_cast<std::int64_t>(0 - whole);
      return {name, fmt::to_string(value), value};
    }
  } catch (const UsageError&) {  // it may have a point
  }
  const double value = number_of(text);
  if (!std::isfinite(value))
    throw UsageError(fmt::format("--set: '{}' of {} is not a number", text, name));
  return {name, fmt::format("{}", value), value};
}

/// The values of each name: of --set n=1,2 and --size 1e6,1e7.
std::vector<std::vector<Setting>> axes_of(const OwnWords& words) {
  std::vector<std::vector<Setting>> axes;
  for (const std::string& word : words.set) {
    const std::size_t equals = word.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == word.size())
      throw UsageError(
          fmt::format("--set: '{}' has no name or no value; write name=value, or name=1000,2000 "
                      "for a sweep",
                      word));
    const std::string name = word.substr(0, equals);
    if (name == "size") throw UsageError("--set: size has an option, --size");
    std::vector<Setting> values;
    for (const std::string& text : split_list(word.substr(equals + 1)))
      values.push_back(setting(name, text));
    for (const auto& axis : axes)
      if (axis.front().name == name)
        throw UsageError(fmt::format("--set: {} is set twice; write {}=1000,2000", name, name));
    axes.push_back(std::move(values));
  }
  if (!words.sizes.empty()) {
    std::vector<Setting> values;
    for (const std::uint64_t size : parse_quantities("--size", words.sizes, 1))
      values.push_back({"size", fmt::to_string(size), size});
    axes.push_back(std::move(values));
  }
  return axes;
}

/// Each value with each of the others.
std::vector<Settings> combinations(const std::vector<std::vector<Setting>>& axes) {
  std::vector<Settings> all = {{}};
  for (const auto& axis : axes) {
    std::vector<Settings> longer;
    for (const Settings& settings : all)
      for (const Setting& value : axis) {
        longer.push_back(settings);
        longer.back().push_back(value);
      }
    all = std::move(longer);
    if (all.size() > max_combinations)
      throw UsageError(fmt::format("--set and --size make more than {} combinations; ask for fewer",
                                   max_combinations));
  }
  return all;
}

std::vector<Build> builds_of(const OwnWords& words) {
  const auto compilers =
      words.compilers.empty() ? std::vector<std::string>{""} : split_list(words.compilers);
  const auto axis =
      words.flags_axis.empty() ? std::vector<std::string>{""} : pieces_of(words.flags_axis, ';');
  std::vector<Build> builds;
  for (const std::string& compiler : compilers)
    for (const std::string& flags : axis) {
      std::string name = words.compilers.empty() ? "" : compiler;
      if (!words.flags_axis.empty())
        name += (name.empty() ? "" : " ") + (flags.empty() ? "no more flags" : flags);
      const auto same = [&](const Build& build) { return build.name == name; };
      if (std::ranges::any_of(builds, same) && !name.empty())
        throw UsageError(fmt::format("--flags-axis: '{}' appears twice", flags));
      builds.push_back({compiler, words.flags + " " + flags, name});
    }
  return builds;
}

Tile tile_of(const std::string& words) {
  if (words.empty()) return {};
  const auto sides = pieces_of(words, 'x');
  if (sides.size() != 2)
    throw UsageError(fmt::format("--tile: '{}' is not ROWSxCOLUMNS, as in 64x256", words));
  return {parse_quantity("--tile", sides[0], 1), parse_quantity("--tile", sides[1], 1)};
}

/// "kernel_simd" as "simd", unless another function would then have the same name.
std::string short_name(const OwnKernel& own, std::size_t variant) {
  const auto short_of = [](const std::string& name) {
    const std::size_t line = name.find('_');
    return line == std::string::npos ? name : name.substr(line + 1);
  };
  const std::string& whole = own.variants[variant].name;
  const auto same = [&](const OwnVariant& other) {
    return short_of(other.name) == short_of(whole);
  };
  return std::ranges::count_if(own.variants, same) == 1 ? short_of(whole) : whole;
}

/// Throws where a name is set that the file does not ask for.
void require_known(const OwnKernel& own, const Settings& settings, const std::string& file) {
  for (const Setting& setting : settings) {
    if (std::ranges::find(own.parameter_names, setting.name) != own.parameter_names.end()) continue;
    if (setting.name == "size")
      throw UsageError(fmt::format(
          "--size: size in {} is fixed; write `const auto size = parlab::parameter(\"size\", {});`",
          file, own.size));
    if (own.parameter_names.empty())
      throw UsageError(fmt::format(
          "--set: {0} has no parameters; write `const auto {1} = parlab::parameter(\"{1}\", {2});` "
          "at namespace scope",
          file, setting.name, setting.text));
    throw UsageError("--set: " + unknown_name("parameter", setting.name, own.parameter_names));
  }
}

std::string unit_of(const OwnKernel& own) { return own.columns == 0 ? "indices" : "rows"; }

/// Tiles in a grid, those at the edges included.
std::uint64_t tiles_in(const OwnKernel& own, const Tile& tile) {
  return ((own.size - 1) / tile.rows + 1) * ((own.columns - 1) / tile.columns + 1);
}

Workload case_of(const OwnKernel& own, std::size_t variant, const std::string& kernel,
                 const Build& build, const Settings& settings, const Tile& tile, bool race) {
  const own::Role role = own.variants[variant].role;
  const bool tiled = tile.rows != 0 && role == own::Role::kernel;
  Workload workload{.kernel = kernel,
                    .variant = own.variants.size() > 1 ? short_name(own, variant) : "",
                    .algorithm = build.name,
                    .size = tiled ? tiles_in(own, tile) : own.size,
                    .unit = tiled ? "tiles" : unit_of(own)};
  for (const Setting& setting : settings)
    if (setting.name != "size") workload.parameters.insert_or_assign(setting.name, setting.value);
  if (own.columns != 0) workload.parameters.insert_or_assign("columns", own.columns);
  if (race) {
    workload.task = fmt::format("{} {}{}", own.size, unit_of(own),
                                role == own::Role::search ? " searched" : "");
    for (const Setting& setting : settings)
      workload.task += fmt::format(" {}={}", setting.name, setting.text);
  }
  workload.self_parallel = role == own::Role::parallel;
  const double cells =
      static_cast<double>(own.size) * static_cast<double>(std::max<std::uint64_t>(own.columns, 1));
  // A search may end before it has seen all.
  if (role != own::Role::search) {
    workload.bytes_per_run = own.bytes * cells;
    workload.flops_per_run = own.flops * cells;
  }
  return workload;
}

}  // namespace

std::vector<OwnPlan> own_plans(const OwnWords& words) {
  const auto all_settings = combinations(axes_of(words));
  const auto builds = builds_of(words);
  const Tile tile = tile_of(words.tile);
  const std::string kernel = std::filesystem::path(words.file).stem().string();
  std::vector<std::filesystem::path> libraries;
  for (const Build& build : builds)
    libraries.push_back(compile_own_kernel(words.file, build.compiler, build.flags));
  std::vector<OwnPlan> plans;
  for (const Settings& settings : all_settings) {
    std::string parameters;
    for (const Setting& setting : settings)
      parameters += fmt::format("{}={};", setting.name, setting.text);
    std::shared_ptr<const OwnKernel> first;
    for (std::size_t b = 0; b < builds.size(); ++b) {
      const auto own = std::make_shared<const OwnKernel>(
          describe_own_kernel(libraries[b], words.file, parameters));
      require_known(*own, settings, words.file);
      if (tile.rows != 0 && own->columns == 0)
        throw UsageError(fmt::format("--tile: {} has no `rows` and `columns`", words.file));
      const bool race = own->variants.size() * builds.size() > 1;
      const auto image = std::make_shared<SharedImage>(own->array_bytes());
      for (std::size_t i = 0; i < own->variants.size(); ++i)
        plans.push_back({case_of(*own, i, kernel, builds[b], settings, tile, race), own, i,
                         own->variants[i].role == own::Role::kernel ? tile : Tile{}, image, first});
      if (b == 0) first = own;
    }
  }
  return plans;
}

Tolerance tolerance_of(const std::string& words) {
  const auto parts = pieces_of(words, ',');
  const double relative = parts.empty() ? NAN : number_of(parts[0]);
  const double absolute = parts.size() < 2 ? 0 : number_of(parts[1]);
  if (parts.size() > 2 || !(relative >= 0 && relative < 1))
    throw UsageError(fmt::format("--tolerance: '{}' is not a number from 0 to below 1", words));
  if (!(absolute >= 0 && std::isfinite(absolute)))
    throw UsageError(
        fmt::format("--tolerance: '{}' must be a number, or two: relative,absolute", words));
  return {relative, absolute};
}

}  // namespace parlab
