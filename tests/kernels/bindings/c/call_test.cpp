// What a call of parlab.h makes of whatever is thrown inside.

#include "kernels/bindings/c/call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include "kernels/base/errors.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/base/thread_shortage.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;
using testing::Not;

/// An exception that has nothing to say, or says it in several lines.
class Says : public std::exception {
 public:
  explicit Says(const char* words) : words_(words) {}
  const char* what() const noexcept override { return words_; }

 private:
  const char* words_;
};

/// The status that a call ends with whose inside throws this.
template <class Thrown>
parlab_status status_of(const Thrown& thrown) {
  return guarded([&] { throw thrown; });
}

TEST(Guarded, SaysOkWhereNothingIsThrownAndKeepsTheMessageOfBefore) {
  EXPECT_EQ(status_of(UsageError("too many")), PARLAB_BAD_INPUT);
  EXPECT_EQ(guarded([] {}), PARLAB_OK);
  EXPECT_STREQ(parlab_last_error(), "too many");
}

TEST(Guarded, GivesTheStatusOfWhatIsThrownWithItsMessage) {
  EXPECT_EQ(status_of(std::invalid_argument("no number")), PARLAB_BAD_INPUT);
  EXPECT_STREQ(parlab_last_error(), "no number");
  EXPECT_EQ(status_of(std::runtime_error("a worker died")), PARLAB_FAILED);
  EXPECT_STREQ(parlab_last_error(), "a worker died");
  EXPECT_EQ(status_of(WorkerFailed(3, "SIGKILL")), PARLAB_FAILED);
  EXPECT_THAT(parlab_last_error(), HasSubstr("chunk 3: SIGKILL"));
  EXPECT_EQ(status_of(ThreadShortage(7, 64)), PARLAB_FAILED);
  EXPECT_THAT(parlab_last_error(), HasSubstr("thread 7 of 64"));
}

TEST(Guarded, TellsMemoryFromOtherShortages) {
  EXPECT_EQ(status_of(std::bad_alloc()), PARLAB_NO_MEMORY);
  EXPECT_THAT(parlab_last_error(), HasSubstr("out of memory: free some"));
  EXPECT_EQ(status_of(std::bad_array_new_length()), PARLAB_NO_MEMORY);
  EXPECT_EQ(guarded([] { std::string(std::string().max_size() + 1, 'x'); }), PARLAB_NO_MEMORY);
  EXPECT_EQ(status_of(OutOfRoom("/dev/shm has 1 MiB left")), PARLAB_NO_MEMORY);
  EXPECT_STREQ(parlab_last_error(), "/dev/shm has 1 MiB left");
  const auto code = [](std::errc error) { return std::make_error_code(error); };
  EXPECT_EQ(status_of(std::system_error(code(std::errc::not_enough_memory), "cannot map")),
            PARLAB_NO_MEMORY);
  EXPECT_EQ(status_of(std::system_error(code(std::errc::resource_unavailable_try_again),
                                        "cannot start thread 2 of 9")),
            PARLAB_FAILED);
  EXPECT_THAT(parlab_last_error(), HasSubstr("cannot start thread 2 of 9: "));
}

TEST(Guarded, TakesWhatIsNoStandardException) {
  EXPECT_EQ(status_of(42), PARLAB_FAILED);
  EXPECT_THAT(parlab_last_error(), HasSubstr("other than a standard exception"));
  EXPECT_EQ(status_of(std::string("words")), PARLAB_FAILED);
  EXPECT_EQ(status_of("words"), PARLAB_FAILED);
  struct Own {};
  EXPECT_EQ(status_of(Own{}), PARLAB_FAILED);
  EXPECT_EQ(status_of(std::exception()), PARLAB_FAILED);
}

TEST(Guarded, AlwaysSaysSomethingInOneLine) {
  for (const char* words : {static_cast<const char*>(nullptr), "", "one\nother\r\n\tthird\x7f"}) {
    EXPECT_EQ(status_of(Says(words)), PARLAB_FAILED);
    EXPECT_THAT(parlab_last_error(), Not(testing::StrEq("")));
    EXPECT_THAT(parlab_last_error(), Not(testing::ContainsRegex("[\n\r\t]")));
  }
  EXPECT_STREQ(parlab_last_error(), "one other   third ");
}

TEST(Guarded, KeepsMessagesPerThread) {
  EXPECT_EQ(status_of(UsageError("mine")), PARLAB_BAD_INPUT);
  std::thread([] {
    EXPECT_STREQ(parlab_last_error(), "");
    EXPECT_EQ(status_of(UsageError("another's")), PARLAB_BAD_INPUT);
  }).join();
  EXPECT_STREQ(parlab_last_error(), "mine");
}

TEST(Guarded, EndsAThrowingChunkOnEachBackendAsAStatus) {
  for (const BackendEntry& entry : backends()) {
    if (!entry.shares_memory()) continue;
    parlab_backend* handle = nullptr;
    ASSERT_EQ(parlab_backend_open(entry.name.c_str(), entry.parallel ? 2 : 1, &handle), PARLAB_OK)
        << entry.name;
    const auto run = [&](const std::function<void()>& work) {
      return guarded([&] {
        handle->run([&](Backend& backend) {
          backend.for_chunks(Chunking({0, 40}, 1), [&](IndexRange range) {
            if (range.begin == 17) work();
          });
        });
      });
    };
    EXPECT_NE(run([] { throw std::runtime_error("chunk 17"); }), PARLAB_OK);
    EXPECT_THAT(parlab_last_error(), HasSubstr("chunk 17")) << entry.name;
    EXPECT_NE(run([] { throw 42; }), PARLAB_OK) << entry.name;
    EXPECT_NE(run([] { throw std::bad_alloc(); }), PARLAB_OK) << entry.name;
    EXPECT_EQ(run([] {}), PARLAB_OK) << entry.name;  // and goes on
    parlab_backend_close(handle);
  }
}

}  // namespace
}  // namespace parlab
