#include "kernels/backends/search/cancellable_search.hpp"

#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

struct Entry {
  std::string name;  // of the backend
  CancellableSearch search;
};

Registry<Entry>& registry() {
  static Registry<Entry> entries;
  return entries;
}

}  // namespace

RegisterCancellableSearch::RegisterCancellableSearch(const char* backend,
                                                     CancellableSearch search) {
  registry().add({backend, search});
}

CancellableSearch cancellable_search(const std::string& backend) {
  const Entry* entry = find_entry(registry().all(), backend);
  return entry == nullptr ? nullptr : entry->search;
}

std::vector<std::string> cancellable_backends() { return names_of(registry().all()); }

}  // namespace parlab
