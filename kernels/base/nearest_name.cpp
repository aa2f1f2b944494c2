#include "kernels/base/nearest_name.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  std::string nearest;
  // Half of the letters wrong is no longer a misspelling.
  const std::size_t too_far = std::max<std::size_t>(name.size() / 2, 2) + 1;
  std::pair best(too_far, std::size_t{0});
  for (const std::string& candidate : candidates) {
    // A name cut short or lengthened is near, however much is missing.
    const bool prefix =
        name.size() >= 2 && (candidate.starts_with(name) || name.starts_with(candidate));
    // Of several such, the one with the fewest letters more or less.
    const std::size_t letters = distance(name, candidate);
    const std::pair d(prefix ? 1 : letters, letters);
    if (d < best) {
      best = d;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string unknown_name(std::string_view what, std::string_view name,
                         const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_name(name, candidates);
  return fmt::format("unknown {} '{}'{}; valid: {}", what, name,
                     nearest.empty() ? "" : fmt::format(", did you mean '{}'?", nearest),
                     fmt::join(candidates, ", "));
}

void require_known(std::string_view what, std::string_view name,
                   const std::vector<std::string>& candidates) {
  if (std::ranges::find(candidates, name) == candidates.end())
    throw UsageError(unknown_name(what, name, candidates));
}

}  // namespace parlab
