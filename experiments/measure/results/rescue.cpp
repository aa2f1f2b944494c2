#include "experiments/measure/results/rescue.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

/// Unlike any other: a random number, and no file has it.
std::string new_path(const std::string& folder, const std::string& ending) {
  std::random_device random;
  std::error_code none;
  std::string path;
  do {
    path = fmt::format("{}/parlab-result-{:08x}{}", folder, random(), ending);
  } while (std::filesystem::exists(std::filesystem::symlink_status(path, none)));
  return path;
}

}  // namespace

RescueFile make_rescue_file(const std::string& ending) {
  const char* named = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  if (named != nullptr && *named != '\0' && access(named, W_OK | X_OK) == 0) {
    try {
      const std::string path = new_path(named, ending);
      return {path, std::make_unique<OutputFile>(path)};
    } catch (const UsageError&) {  // the other may do
    }
  }
  const std::string path = new_path("/tmp", ending);
  return {path, std::make_unique<OutputFile>(path)};
}

}  // namespace parlab
