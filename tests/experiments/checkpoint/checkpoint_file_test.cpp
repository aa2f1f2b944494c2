// What a checkpoint file must survive: any cut, any changed byte, any write that came half. And whom it
// must keep out.

#include "experiments/checkpoint/checkpoint_file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <system_error>

#include "tests/experiments/command_line/parlab_program.hpp"
#include "tests/kernels/base/refusal.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

/// More than a block, so that parts of it may be written.
constexpr std::size_t state_bytes = 5000;

json head_of_pi() {
  return {{"version", "0.1.0"},
          {"experiment", "pi"},
          {"size", 1000},
          {"grain", 10},
          {"parameters", {{"seed", 1}}},
          {"code", ""},
          {"command", "parlab run pi"}};
}

CheckpointState numbered(int number) {
  CheckpointState state{{{"number", number}}, std::vector<std::byte>(state_bytes)};
  for (std::size_t i = 0; i < state_bytes; ++i)
    state.bytes[i] = static_cast<std::byte>((static_cast<std::size_t>(number) * 31 + i * 7) % 251);
  return state;
}

/// The number of a state that is what numbered() made; 0: none was saved.
int number_in(const CheckpointContent& content) {
  if (!content.state) return 0;
  const int number = content.state->facts.at("number");
  EXPECT_EQ(content.state->bytes, numbered(number).bytes);
  return number;
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
void put(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class CheckpointFiles : public testing::Test {
 protected:
  void save_to(int last) const {
    CheckpointFile file(path_, head_of_pi());
    const int first = file.state() ? file.state()->facts.at("number").get<int>() : 0;
    for (int number = first + 1; number <= last; ++number) file.save(numbered(number));
  }
  std::string refused(const json& head) const {
    return refusal([&] { CheckpointFile(path_, head); });
  }

  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path(), path_ = folder_ / "c";
};

TEST_F(CheckpointFiles, GiveBackWhatWasSavedLast) {
  for (int last = 1; last <= 5; ++last) {
    save_to(last);
    EXPECT_EQ(number_in(read_checkpoint(path_)), last);
    EXPECT_EQ(read_checkpoint(path_).head, head_of_pi());
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(CheckpointFiles, AreRemovedWhereNothingWasSaved) {
  { const CheckpointFile file(path_, head_of_pi()); }
  EXPECT_FALSE(fs::exists(path_));
  put(path_, "");  // as mktemp makes it
  { const CheckpointFile file(path_, head_of_pi()); }
  EXPECT_TRUE(fs::exists(path_));
  save_to(1);
  EXPECT_EQ(number_in(read_checkpoint(path_)), 1);
}

TEST_F(CheckpointFiles, KeepAStateOfNoBytes) {
  {
    CheckpointFile file(path_, head_of_pi());
    file.save({{{"number", 7}}, {}});
  }
  EXPECT_EQ(read_checkpoint(path_).state->facts.at("number"), 7);
}

TEST_F(CheckpointFiles, ThatAreCutAnywhereGoOnFromASavedStateOrAreRefusedUntouched) {
  save_to(2);
  const std::string two = content_of(path_);
  save_to(3);
  const std::string whole = content_of(path_);
  ASSERT_EQ(two.size(), whole.size());
  int newest = 0, earlier = 0, none = 0, refusals = 0;
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    if (length != whole.size() && length % 61 != 0 && length % 4096 > 2 && length % 4096 < 4094)
      continue;
    const std::string cut = whole.substr(0, length);
    put(path_, cut);
    int number = -1;
    const std::string why = refusal([&] {
      CheckpointFile file(path_, head_of_pi());
      number = number_in({file.head(), file.state()});
    });
    if (why.empty()) {
      (number == 3 ? newest : number == 2 ? earlier : none) += 1;
      EXPECT_THAT(number, testing::AnyOf(0, 2, 3)) << length;
      EXPECT_EQ(number == 0, length == 0) << "begins anew in silence at " << length;
    } else {
      ++refusals;
      EXPECT_THAT(why, testing::AnyOf(HasSubstr("damaged"), HasSubstr("not a checkpoint")))
          << length;
      EXPECT_TRUE(content_of(path_) == cut) << length;
    }
  }
  // Each of the outcomes is there: the cuts go through all parts.
  EXPECT_GT(newest, 0);
  EXPECT_GT(earlier + refusals, 0);
  EXPECT_GT(none, 0);
}

TEST_F(CheckpointFiles, NeverGiveBackAChangedByte) {
  save_to(3);
  const std::string bytes = content_of(path_);
  const FileDescriptor file(open(path_.c_str(), O_WRONLY | O_CLOEXEC));
  int refusals = 0, earlier = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const char changed = static_cast<char>(bytes[at] ^ (1 << at % 8));
    ASSERT_EQ(pwrite(file.get(), &changed, 1, static_cast<off_t>(at)), 1);
    int number = 3;
    const std::string why = refusal([&] { number = number_in(read_checkpoint(path_)); });
    EXPECT_THAT(number, testing::AnyOf(2, 3)) << at;
    refusals += why.empty() ? 0 : 1;
    earlier += number == 2 ? 1 : 0;
    ASSERT_EQ(pwrite(file.get(), &bytes[at], 1, static_cast<off_t>(at)), 1);
  }
  EXPECT_GT(refusals, 100);
  EXPECT_GT(earlier, static_cast<int>(state_bytes));
}

TEST_F(CheckpointFiles, OfWhichBothStatesAreDamagedAreRefused) {
  save_to(2);
  std::string bytes = content_of(path_);
  for (std::size_t at = 4096; at < bytes.size(); at += 512) bytes[at] ^= 1;
  put(path_, bytes);
  EXPECT_THAT(refused(head_of_pi()), HasSubstr("damaged"));
  EXPECT_TRUE(content_of(path_) == bytes);
}

/// A power cut leaves any of the sectors of a save written, and the others as they were.
TEST_F(CheckpointFiles, ThatWereCutWithinASaveGoOnFromThatStateOrTheOneBefore) {
  constexpr std::size_t sector = 512;
  std::mt19937 random(7);
  for (int last = 2; last <= 4; ++last) {
    save_to(last - 1);
    const std::string before = content_of(path_);
    save_to(last);
    const std::string after = content_of(path_);
    ASSERT_EQ(before.size(), after.size());
    int kept = 0;
    for (int i = 0; i < 500; ++i) {
      std::string mixed = before;
      for (std::size_t at = 0; at < mixed.size(); at += sector)
        if (random() % 8 < static_cast<unsigned>(i % 9))
          mixed.replace(at, sector, after, at, sector);
      put(path_, mixed);
      const int number = number_in(read_checkpoint(path_));
      EXPECT_THAT(number, testing::AnyOf(last - 1, last));
      kept += number == last - 1 ? 1 : 0;
    }
    EXPECT_GT(kept, 0);
    put(path_, after);
  }
}

TEST_F(CheckpointFiles, OfAnotherCommandAreRefusedUntouchedByWhatDiffers) {
  save_to(2);
  const std::string bytes = content_of(path_);
  const std::vector<std::pair<json, const char*>> others = {
      {{{"size", 2000}}, "size 1000 there, 2000 here"},
      {{{"grain", 20}}, "grain 10 there, 20 here"},
      {{{"experiment", "primes"}}, "experiment \"pi\" there, \"primes\" here"},
      {{{"parameters", {{"seed", 2}}}}, "seed 1 there, 2 here"},
      {{{"parameters", {{"seed", 1}, {"n", 3}}}}, "n none there, 3 here"},
      {{{"code", "own-1"}}, "source"},
      {{{"version", "0.2.0"}}, "parlab 0.1.0 wrote it, this is 0.2.0"}};
  for (const auto& [change, words] : others) {
    json head = head_of_pi();
    head.update(change);
    EXPECT_THAT(refused(head), HasSubstr(words));
    EXPECT_TRUE(content_of(path_) == bytes);
  }
  json same = head_of_pi();
  same["command"] = "parlab run pi --backend tbb";
  EXPECT_EQ(refused(same), "");
}

TEST_F(CheckpointFiles, ThatAreNoneAreRefusedUntouched) {
  for (const std::string& text :
       {std::string("some notes\n"), std::string("p"), std::string("parlab checkpoint 2\n..."),
        std::string(20'000, '\0'), std::string("parlab checkpoint 1\n\377\377\377\377\377\377")}) {
    put(path_, text);
    EXPECT_THAT(refused(head_of_pi()), HasSubstr("checkpoint")) << text;
    EXPECT_TRUE(content_of(path_) == text);
  }
  fs::remove(path_);
  fs::create_directory(path_);
  EXPECT_THAT(refused(head_of_pi()), HasSubstr("irectory"));
  fs::remove(path_);
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(refused(head_of_pi()), HasSubstr("regular file"));
  EXPECT_THAT(refusal([] { CheckpointFile("/dev/null", head_of_pi()); }),
              HasSubstr("regular file"));
  EXPECT_THAT(refusal([&] { CheckpointFile(folder_ / "none/c", head_of_pi()); }),
              HasSubstr("No such file"));
}

TEST_F(CheckpointFiles, HaveOneWriterUntilItIsKilled) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t writer = fork();
  if (writer == 0) {
    CheckpointFile file(path_, head_of_pi());
    file.save(numbered(1));
    [[maybe_unused]] const auto n = ::write(ready[1], "r", 1);
    for (;;) pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_EQ(writer_of_checkpoint(path_), writer);
  const std::string bytes = content_of(path_);
  EXPECT_THAT(refused(head_of_pi()), HasSubstr("process " + std::to_string(writer)));
  EXPECT_TRUE(content_of(path_) == bytes);
  EXPECT_EQ(number_in(read_checkpoint(path_)), 1);
  kill(writer, SIGKILL);
  waitpid(writer, nullptr, 0);
  EXPECT_EQ(writer_of_checkpoint(path_), std::nullopt);
  save_to(2);
  EXPECT_EQ(number_in(read_checkpoint(path_)), 2);
}

class FullDisk : public CheckpointFiles {
 protected:
  void SetUp() override {
    if (mount("parlab", folder_.c_str(), "tmpfs", 0, "size=256k") != 0)
      GTEST_SKIP() << "no small file system can be mounted: "
                   << std::generic_category().message(errno);
    is_mounted_ = true;
  }
  void TearDown() override {
    if (is_mounted_) umount(folder_.c_str());
  }
  bool is_mounted_ = false;
};

TEST_F(FullDisk, IsToldBeforeTheWork) {
  put(folder_ / "other", std::string(250'000, 'x'));
  EXPECT_THAT(refused(head_of_pi()), HasSubstr("free some space"));
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(FullDisk, IsToldWhenTheFirstStateDoesNotFit) {
  {
    CheckpointFile file(path_, head_of_pi());
    EXPECT_THROW(file.save({json::object(), std::vector<std::byte>(200'000)}), std::system_error);
  }
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(FullDisk, TakesNoRoomThatWasReserved) {
  save_to(1);
  put(folder_ / "other", std::string(300'000, 'x'));
  save_to(5);
  EXPECT_EQ(number_in(read_checkpoint(path_)), 5);
}

}  // namespace
}  // namespace parlab
