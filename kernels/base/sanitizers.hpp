#pragma once

// Which sanitizer this build has, and what it must be told. Nothing in any other build.
//
// Source: <sanitizer/tsan_interface.h>; __has_feature (clang), __SANITIZE_THREAD__ (gcc).

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PARLAB_THREAD_SANITIZER
#endif
#if __has_feature(address_sanitizer)
#define PARLAB_ADDRESS_SANITIZER
#endif
#endif
#ifdef __SANITIZE_THREAD__  // gcc
#define PARLAB_THREAD_SANITIZER
#endif
#ifdef __SANITIZE_ADDRESS__
#define PARLAB_ADDRESS_SANITIZER
#endif

#ifdef PARLAB_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace parlab {

/// Tells the thread sanitizer that this thread holds a pthread mutex no more: before one is made
/// again in its place. The sanitizer would not see what its next owners order otherwise.
inline void tell_unlocked([[maybe_unused]] void* mutex) {
#ifdef PARLAB_THREAD_SANITIZER
  __tsan_mutex_pre_unlock(mutex, 0);
  __tsan_mutex_post_unlock(mutex, 0);
#endif
}

}  // namespace parlab
