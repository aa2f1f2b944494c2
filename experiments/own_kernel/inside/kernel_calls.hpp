#pragma once

// How parlab calls what stands in a kernel file. This text stands behind the user's file in what is
// compiled. What the file need not define is found in parlab_absent: a qualified name is looked for
// there last. PARLAB_NAMES(X), written by parlab, is X(name, role) for each name in the file that
// may be a kernel's, and parlab_absent has these names too; PARLAB_VARIABLES(X) is X(name) for each
// that is declared as a std::vector or std::array.

#include <array>
#include <cstring>

#include "experiments/own_kernel/inside/kernel_numbers.hpp"

namespace parlab::own {

/// Whether a name stands for nothing but its place in parlab_absent.
struct None {};

// `none` makes the call depend on a template parameter: a value that is not a number then selects another
// overload instead of failing to compile.
template <class N, class T>
requires std::is_arithmetic_v<T>
constexpr T number(N, const T& value) { return value; }

}  // namespace parlab::own

namespace parlab_absent {
parlab::own::None size(parlab::own::None), rows(parlab::own::None), columns(parlab::own::None),
    expected(parlab::own::None), prepare(parlab::own::None), prepare_once(parlab::own::None),
    join(parlab::own::None), answer(parlab::own::None), bytes(parlab::own::None),
    flops(parlab::own::None);
}  // namespace parlab_absent
using namespace parlab_absent;

namespace parlab::own {

// has_size<None>, and number_size(None()): 0 where the file has no such number.
#define PARLAB_NUMBER(name)                             \
  template <class N>                                    \
  inline constexpr bool has_##name = requires(N none) { \
    number(none, ::name);                               \
  };                                                    \
  template <class N>                                    \
  auto number_##name(N none) {                          \
    if constexpr (has_##name<N>)                        \
      return number(none, ::name);                      \
    else                                                \
      return 0;                                         \
  }
PARLAB_NUMBER(size)
PARLAB_NUMBER(rows)
PARLAB_NUMBER(columns)
PARLAB_NUMBER(bytes)
PARLAB_NUMBER(flops)

inline constexpr bool is_grid = !has_size<None> && has_rows<None> && has_columns<None>;

/// Folds `right` into `left`: by join(left, right) of the file, else by +=.
template <class T>
void fold(T& left, const T& right) {
  if constexpr (std::is_arithmetic_v<T>) {
    left += right;
  } else if constexpr (requires { left = ::join(left, right); }) {
    left = ::join(left, right);
  } else if constexpr (requires { left += right; }) {
    left += right;
  } else {
    static_assert(!sizeof(T*),
                  "what the kernel returns cannot be folded: give it `operator+=`, or the file "
                  "`join(a, b)`");
  }
}

/// What is kept of a result: numbers in 64 bits.
template <class R>
using Kept = typename std::conditional_t<std::is_arithmetic_v<R>, std::type_identity<Sum<R>>,
                                         std::type_identity<R>>::type;

template <class R>
constexpr void check_partial() {
  // Not is_trivially_copyable: a std::pair may be copied as bytes, though its assignment is its own.
  static_assert(
      (std::is_arithmetic_v<R> || std::is_class_v<R>)&&std::is_trivially_copy_constructible_v<R> &&
          std::is_trivially_destructible_v<R>,
      "kernel must return a number, or a trivially copyable structure (no std::vector, "
      "no pointer): it goes from process to process as bytes");
  static_assert(alignof(R) <= alignof(std::max_align_t), "what a kernel returns is overaligned");
}

/// numbers() of a variant: what answer(partial) of the file tells, else all that the partial holds.
template <class R>
void tell(const void* partial, Sink sink) {
  const R& value = *static_cast<const R*>(partial);
  if constexpr (requires { ::answer(value); })
    numbers_of(::answer(value), sink);
  else
    numbers_of(value, sink);
}

template <class R, Role role>
Variant variant_of(const char* name) {
  Variant variant{name, role, 0, Kind::bytes, nullptr, nullptr, nullptr, nullptr};
  if constexpr (!std::is_void_v<R>) {
    check_partial<R>();
    variant.partial_bytes = sizeof(R);
    if constexpr (std::is_arithmetic_v<R>) variant.kind = kind_of_number<R>;
    if constexpr (role == Role::kernel)
      variant.join = [](void* left, const void* right) {
        fold(*static_cast<R*>(left), *static_cast<const R*>(right));
      };
    variant.numbers = tell<R>;
  }
  return variant;
}

/// Writes `call()` to a partial's place.
template <class R, class Call>
void keep(void* partial, const Call& call) {
  if constexpr (std::is_void_v<R>)
    call();
  else
    ::new (partial) R(static_cast<R>(call()));
}

/// call(part) over the rows of a part, or over its indices, one by one.
template <class R, class Call>
void each(std::uint64_t begin, std::uint64_t end, void* partial, const Call& call) {
  if constexpr (std::is_void_v<R>) {
    for (std::uint64_t i = begin; i < end; ++i) call(i);
  } else {
    R sum = static_cast<R>(call(begin));
    for (std::uint64_t i = begin + 1; i < end; ++i) fold<R>(sum, static_cast<R>(call(i)));
    ::new (partial) R(sum);
  }
}

using Index = std::uint64_t;

/// A kernel in whichever form the file gives it. A form that takes fewer arguments than the other
/// is tried last: a kernel of default arguments takes all that it can.
template <class Caller>
Variant kernel_of(const char* name) {
  if constexpr (is_grid) {
    if constexpr (std::is_invocable_v<Caller, Index, Index, Index, Index>) {
      using R = Kept<std::remove_cvref_t<std::invoke_result_t<Caller, Index, Index, Index, Index>>>;
      Variant variant = variant_of<R, Role::kernel>(name);
      variant.part = [](Part part, Stop, void* partial) {
        keep<R>(partial, [&] {
          return Caller()(part.begin, part.end, part.first_column, part.last_column);
        });
      };
      return variant;
    } else {
      using R = Kept<std::remove_cvref_t<std::invoke_result_t<Caller, Index, Index>>>;
      Variant variant = variant_of<R, Role::kernel>(name);
      variant.part = [](Part part, Stop, void* partial) {
        each<R>(part.begin, part.end, partial, [&](Index row) {
          if constexpr (std::is_void_v<R>) {
            for (Index j = part.first_column; j < part.last_column; ++j) Caller()(row, j);
          } else {
            alignas(R) std::byte place[sizeof(R)];
            each<R>(part.first_column, part.last_column, place,
                    [&](Index j) { return Caller()(row, j); });
            return *reinterpret_cast<R*>(place);
          }
        });
      };
      return variant;
    }
  } else if constexpr (std::is_invocable_v<Caller, Index, Index>) {
    using R = Kept<std::remove_cvref_t<std::invoke_result_t<Caller, Index, Index>>>;
    Variant variant = variant_of<R, Role::kernel>(name);
    variant.part = [](Part part, Stop, void* partial) {
      keep<R>(partial, [&] { return Caller()(part.begin, part.end); });
    };
    return variant;
  } else {
    using R = Kept<std::remove_cvref_t<std::invoke_result_t<Caller, Index>>>;
    Variant variant = variant_of<R, Role::kernel>(name);
    variant.part = [](Part part, Stop, void* partial) {
      each<R>(part.begin, part.end, partial, [](Index i) { return Caller()(i); });
    };
    return variant;
  }
}

template <class Caller>
Variant search_of(const char* name) {
  Variant variant{name,    Role::search, sizeof(Index), Kind::whole,
                  nullptr, nullptr,      nullptr,       nullptr};
  variant.part = [](Part part, Stop stop, void* partial) {
    const Index hit = Caller()(part.begin, part.end, stop);
    const Index none = ~Index{0};
    ::new (partial) Index(hit >= part.begin && hit < part.end ? hit : none);
  };
  variant.join = [](void* left, const void* right) {
    Index& lowest = *static_cast<Index*>(left);
    const Index other = *static_cast<const Index*>(right);
    if (other < lowest) lowest = other;
  };
  variant.numbers = tell<Index>;
  return variant;
}

template <class Caller>
Variant parallel_of(const char* name) {
  using R = Kept<std::remove_cvref_t<std::invoke_result_t<Caller, Index, int>>>;
  Variant variant = variant_of<R, Role::parallel>(name);
  variant.all = [](Index size, int workers, void* partial) {
    keep<R>(partial, [&] { return Caller()(size, workers); });
  };
  return variant;
}

template <class Caller, Role role>
constexpr bool can_be_called() {
  if constexpr (role == Role::parallel)
    return std::is_invocable_v<Caller, Index, int>;
  else if constexpr (role == Role::search)
    return std::is_invocable_r_v<Index, Caller, Index, Index, Stop>;
  else if constexpr (is_grid)
    return std::is_invocable_v<Caller, Index, Index> ||
           std::is_invocable_v<Caller, Index, Index, Index, Index>;
  else
    return std::is_invocable_v<Caller, Index> || std::is_invocable_v<Caller, Index, Index>;
}

template <class Caller, Role role>
void add(std::vector<Variant>& variants, const char* name) {
  if constexpr (role == Role::parallel)
    variants.push_back(parallel_of<Caller>(name));
  else if constexpr (role == Role::search)
    variants.push_back(search_of<Caller>(name));
  else
    variants.push_back(kernel_of<Caller>(name));
}

#define PARLAB_CALLER(name, role)                                       \
  struct Call_##name {                                                  \
    template <class... A>                                               \
    constexpr auto operator()(A... a) const -> decltype(::name(a...)) { \
      return ::name(a...);                                              \
    }                                                                   \
  };
PARLAB_NAMES(PARLAB_CALLER)

#define PARLAB_FORM_kernel                                                                     \
  "(i) or (begin, end) where there is a `size`, (row, column) or (first row, last row, first " \
  "column, last column) where there are `rows` and `columns`, std::uint64_t each"
#define PARLAB_FORM_search                                                                        \
  "(begin, end, stop), std::uint64_t both and anything that stop() can be asked of, and returns " \
  "an index"
#define PARLAB_FORM_parallel "(size, workers), std::uint64_t and int"

template <class N>
std::vector<Variant> variants_of(N) {
  std::vector<Variant> variants;
#define PARLAB_ADD(name, role)                                            \
  if constexpr (can_be_called<Call_##name, Role::role>())                 \
    add<Call_##name, Role::role>(variants, #name);                        \
  else                                                                    \
    static_assert(std::is_invocable_v<Call_##name, N>,                    \
                  "`" #name "` of the file must take " PARLAB_FORM_##role \
                  "; a "                                                  \
                  "function that is none of these needs another name");
  PARLAB_NAMES(PARLAB_ADD)
  return variants;
}

/// A variable that kernels may write, but for a parlab::array; what can be none is passed over.
template <class T>
void watch(std::vector<Array>&, const char*, const T&) {}
template <class T>
requires(std::is_trivially_copyable_v<T> &&
         !std::is_same_v<T, bool>) void watch(std::vector<Array>& arrays, const char* name,
                                              std::vector<T>& vector) {
  arrays.push_back({reinterpret_cast<std::byte*>(vector.data()), vector.size(),
                    static_cast<std::uint32_t>(sizeof(T)), kind_of<T>(), 0, name});
}
template <class T, std::size_t size>
requires(std::is_trivially_copyable_v<T>) void watch(std::vector<Array>& arrays, const char* name,
                                                     std::array<T, size>& array) {
  arrays.push_back({reinterpret_cast<std::byte*>(array.data()), size,
                    static_cast<std::uint32_t>(sizeof(T)), kind_of<T>(), 0, name});
}

inline void add_arrays(std::vector<Array>& arrays) {
  arrays = declared().arrays;
#define PARLAB_WATCH(name) watch(arrays, #name, ::name);
  PARLAB_VARIABLES(PARLAB_WATCH)
}

template <class N>
constexpr bool has_kernel() {
#define PARLAB_IS_THERE(name, role) can_be_called<Call_##name, Role::role>() ||
  return PARLAB_NAMES(PARLAB_IS_THERE) false;
}
static_assert(has_kernel<None>(),
              "the file has no `kernel` that takes (i) or (begin, end), std::uint64_t each");
static_assert(has_size<None> || is_grid,
              "the file has no `size`: add `constexpr std::uint64_t size = 1000;`, of a grid "
              "`rows` and `columns`");

/// What the file's expected() returns, or its value; a function of None where it has neither.
inline constexpr auto right = [](auto... none) -> decltype(auto) {
  if constexpr (requires { ::expected(none...); })
    return ::expected(none...);
  else
    return (::expected);
};
using Right = std::decay_t<decltype(right())>;

/// What the file expects is a partial, or what is compared of one.
template <class T>
void tell_right(const T& value, Sink sink) {
  if constexpr (std::is_class_v<T> && requires { ::answer(value); })
    numbers_of(::answer(value), sink);
  else
    numbers_of(value, sink);
}

/// What the file expects, where it returns it; what it writes stands in the arrays. A template, so
/// that only the branch that holds is compiled.
template <class Expected>
void tell_what(const Expected& expected, Sink sink) {
  if constexpr (std::is_void_v<decltype(expected())>)
    expected();
  else
    tell_right(expected(), sink);
}

template <class N>
void fill(Table& table, N none) {
  table.size = static_cast<double>(number_size(none));
  table.whole_size = static_cast<std::uint64_t>(number_size(none));
  table.rows = static_cast<double>(is_grid ? number_rows(none) : 0);
  table.whole_rows = static_cast<std::uint64_t>(number_rows(none));
  table.columns = static_cast<double>(is_grid ? number_columns(none) : 0);
  table.whole_columns = static_cast<std::uint64_t>(number_columns(none));
  table.bytes = static_cast<double>(number_bytes(none));
  table.flops = static_cast<double>(number_flops(none));
  constexpr auto prepared = [](auto... nothing) {
    return requires { ::prepare(nothing...); };
  };
  constexpr auto prepared_once = [](auto... nothing) {
    return requires { ::prepare_once(nothing...); };
  };
  constexpr auto answered = [](auto... nothing) {
    return requires { ::answer(nothing...); };
  };
  if constexpr (prepared())
    table.prepare = [] { [](auto... nothing) { ::prepare(nothing...); }(); };
  if constexpr (prepared_once())
    table.prepare_once = [] { [](auto... nothing) { ::prepare_once(nothing...); }(); };
  if constexpr (answered())
    table.answer = [](Sink sink) {
      numbers_of([](auto... nothing) { return ::answer(nothing...); }(), sink);
    };
  if constexpr (!std::is_same_v<Right, None (*)(None)>) {
    table.expected_is_written = std::is_void_v<Right>;
    table.expected = [](Sink sink) { tell_what(right, sink); };
  }
}

}  // namespace parlab::own

extern "C" void parlab_own_table(parlab::own::Table* table) {
  static const std::vector<parlab::own::Variant> variants =
      parlab::own::variants_of(parlab::own::None());
  static std::vector<parlab::own::Array> arrays;
  parlab::own::add_arrays(arrays);
  const parlab::own::Declared& declared = parlab::own::declared();
  *table = parlab::own::Table();
  parlab::own::fill(*table, parlab::own::None());
  table->variants = variants.data();
  table->variant_count = variants.size();
  table->arrays = arrays.data();
  table->array_count = arrays.size();
  table->parameters = declared.parameters.data();
  table->parameter_count = declared.parameters.size();
  table->error = declared.error.empty() ? nullptr : declared.error.c_str();
}
