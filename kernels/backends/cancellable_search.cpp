#include "kernels/backends/cancellable_search.hpp"

#include <map>

namespace parlab {
namespace {

std::map<std::string, CancellableSearch>& searches() {
  static std::map<std::string, CancellableSearch> all;
  return all;
}

}  // namespace

RegisterCancellableSearch::RegisterCancellableSearch(const char* backend,
                                                     CancellableSearch search) {
  searches()[backend] = search;
}

CancellableSearch cancellable_search(const std::string& backend) {
  const auto found = searches().find(backend);
  return found == searches().end() ? nullptr : found->second;
}

std::vector<std::string> cancellable_backends() {
  std::vector<std::string> names;
  for (const auto& [name, search] : searches()) names.push_back(name);
  return names;
}

}  // namespace parlab
