#pragma once

#include <cstdint>

namespace parlab {

/// The least P >= 3 for which P^2 - 4 is no square modulo the odd number n (Jacobi symbol -1), for
/// the Lucas test of primality.hpp; 0 where the search shows that n is composite. Requires that no
/// prime below 59 divides n.
unsigned lucas_parameter(std::uint64_t n);

}  // namespace parlab
