#include "kernels/network/crawler/page_files.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cstdint>

namespace parlab {
namespace {

/// Of the address; with the hash and the ending below what file systems take (255 bytes).
constexpr std::size_t longest_readable_part = 150;

}  // namespace

PageFiles::PageFiles(const std::string& folder) {
  if (!folder.empty()) folder_.emplace("--save", folder);
}

std::string PageFiles::name_of(const Address& address) {
  // FNV-1a: addresses that differ in other characters only have different names.
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : address.text()) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  std::string readable = address.authority() + std::string(address.target());
  if (readable.size() > longest_readable_part) readable.resize(longest_readable_part);
  for (char& c : readable)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return fmt::format("{}-{:016x}", readable, hash);
}

void PageFiles::save(const Address& address, const std::string& body) const {
  if (folder_) folder_->write(name_of(address), body, true);
}

}  // namespace parlab
