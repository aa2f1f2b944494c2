// GMP, the GNU library for large integers: its primality test is for numbers of any size.

#include "kernels/peers/peer.hpp"

#ifdef PARLAB_HAS_GMP
#include <gmp.h>

#include <memory>
#endif

namespace parlab {
namespace {

#ifdef PARLAB_HAS_GMP

/// Rounds that the manual of mpz_probab_prime_p calls reasonable: 15 to 50.
constexpr int rounds = 25;

class Integer {
 public:
  Integer() { mpz_init2(value_, 64); }
  Integer(const Integer&) = delete;
  Integer& operator=(const Integer&) = delete;
  ~Integer() { mpz_clear(value_); }
  bool is_prime(std::uint64_t n) {
    static_assert(sizeof(unsigned long) == sizeof n);
    mpz_set_ui(value_, n);
    return mpz_probab_prime_p(value_, rounds) != 0;
  }

 private:
  mpz_t value_;
};

PeerRun decide(const PeerInput& input) {
  return [numbers = input.numbers, integer = std::make_shared<Integer>()] {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (integer->is_prime(numbers[i])) sum += i + 1;
    return sum;
  };
}

#endif

const RegisterPeer registered{{
    .name = "GMP",
    .what = "integers of any size in C and assembly",
#ifdef PARLAB_HAS_GMP
    .look =
        [] {
          return PeerState{gmp_version, ""};
        },
    .methods = {{PeerTask::decide, "GMP", false, false, decide}},
#else
    .look = [] { return not_built("libgmp-dev"); },
    .methods = {},
#endif
}};

}  // namespace
}  // namespace parlab
