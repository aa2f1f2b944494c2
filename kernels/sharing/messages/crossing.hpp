#pragma once

// What may cross from one process to another as it is, byte for byte.

#include <span>
#include <string_view>
#include <type_traits>

namespace parlab {

/// Types that are trivially copyable and still mean nothing in another process, because they refer
/// to the memory of the one that made them.
template <class T>
constexpr bool refers_to_memory = std::is_pointer_v<T> || std::is_member_pointer_v<T>;
template <class Char, class Traits>
constexpr bool refers_to_memory<std::basic_string_view<Char, Traits>> = true;
template <class T, std::size_t extent>
constexpr bool refers_to_memory<std::span<T, extent>> = true;

/// Holds for what can lie in shared memory, or be sent, as its bytes. A pointer inside a struct is
/// not seen: do not.
template <class T>
concept CrossesProcesses = std::is_trivially_copyable_v<T> && !std::is_reference_v<T> &&
                           !std::is_const_v<T> && !refers_to_memory<T>;

/// A static_assert whose message is read, where a concept's would be a page.
template <class T>
constexpr void require_that_it_crosses_processes() {
  static_assert(std::is_trivially_copyable_v<T>,
                "a type in shared memory must be trivially copyable: other processes see its bytes "
                "only, not what a std::string or std::vector owns");
  static_assert(!refers_to_memory<T>,
                "a pointer or view means nothing in another process: share an index or an offset");
  static_assert(!std::is_reference_v<T> && !std::is_const_v<T>,
                "shared memory holds values: name the type without & and const");
}

}  // namespace parlab
